// A browser with the test page in it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { chromium } = createRequire(path.join(ROOT, "tests/page/package.json"))("playwright-core");

export async function open() {
  const { args } = JSON.parse(readFileSync(path.join(ROOT, "webdriver.json"), "utf8"))["goog:chromeOptions"];
  const server = await serve({ root: ROOT });
  const browser = await chromium.launch({
    executablePath: process.env.CHROME || "/usr/bin/chromium",
    args: args.filter((arg) => arg !== "--headless=new"),
    headless: true,
  });
  const page = await browser.newPage();
  const told = [];
  page.on("console", (message) => told.push(message.text()));
  page.on("pageerror", (error) => told.push(String(error)));
  await page.goto(`${server.url}/python/tests/page.html`);
  await page.waitForFunction(() => globalThis.ready);
  return {
    told,
    load: () => page.evaluate(() => globalThis.load()),
    run: (source, options = {}) => page.evaluate(([source, options]) => globalThis.runPython(source, options), [source, options]),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
