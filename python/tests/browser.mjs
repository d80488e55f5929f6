// A browser with the test page in it.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "../../scripts/serve.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { chromium } = createRequire(path.join(ROOT, "tests/page/package.json"))("playwright-core");

/** Another server than the page's, as programs meet it. */
async function outside() {
  const waiting = new Map();
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://outside");
    // "/closed" does not allow it.
    if (url.pathname !== "/closed") {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Allow-Headers", "*");
      response.setHeader("Access-Control-Allow-Methods", "*");
      response.setHeader("Access-Control-Expose-Headers", "*");
    }
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (request.method === "OPTIONS") return response.end();
    switch (url.pathname) {
      case "/echo": {
        // What was asked, and what came along.
        const parts = [];
        request.on("data", (part) => parts.push(part));
        request.on("end", () => response.end(
          `${request.method} ${request.headers["content-type"]} ${request.headers["x-own"]} ${Buffer.concat(parts)}`));
        return;
      }
      case "/meet": {
        // Answers nobody before so many have asked by this name.
        const name = url.searchParams.get("name");
        const there = waiting.get(name) ?? [];
        waiting.set(name, there);
        there.push(response);
        if (there.length < Number(url.searchParams.get("count"))) return;
        waiting.delete(name);
        return there.forEach((each, i) => each.end(`met ${i}`));
      }
      case "/never":
        return;
      case "/moved":
        return response.writeHead(302, { Location: "/echo" }).end();
      case "/status":
        return response.writeHead(Number(url.searchParams.get("code"))).end("told");
      default:
        return response.end("hello from outside");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

export async function open() {
  const { args } = JSON.parse(readFileSync(path.join(ROOT, "webdriver.json"), "utf8"))["goog:chromeOptions"];
  const server = await serve({ root: ROOT });
  const other = await outside();
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
    /** Addresses of the page's server, and of another one. */
    servers: [server.url, other.url],
    load: () => page.evaluate(() => globalThis.load()),
    run: (source, options = {}) => page.evaluate(([source, options]) => globalThis.runPython(source, options), [source, options]),
    async close() {
      await browser.close();
      await server.close();
      await other.close();
    },
  };
}
