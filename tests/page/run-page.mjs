// A page of the project in a headless browser, for scripts that are no tests.

import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { serve } from "../../scripts/serve.mjs";

const ROOT = new URL("../../", import.meta.url);

/** Serves www/, opens it, and calls `act` with the page; ends both afterwards. */
export async function withPage(act) {
  const driver = JSON.parse(await readFile(new URL("webdriver.json", ROOT), "utf8"));
  const { args } = driver["goog:chromeOptions"];
  const server = await serve({ root: new URL("www", ROOT).pathname, port: 0, isolation: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROME || "/usr/bin/chromium",
    args: args.filter((arg) => !arg.startsWith("--headless")),
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/index.html`);
    return await act(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
