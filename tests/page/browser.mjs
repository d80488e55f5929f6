// What the page tests share: a server, a browser, and pages whose complaints fail the test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../../scripts/serve.mjs";

/** All methods, in the order in which they are shown. */
export const METHODS = ["sequential", "threads", "threads-free", "processes", "asyncio", "interpreters"];

/** Where pages are: the whole project is served, so the page is in a folder, as it may be for its users. */
export const PAGE = "/www/";
export const BLANK = "/tests/page/blank.html";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FLAGS = JSON.parse(readFileSync(`${ROOT}webdriver.json`, "utf8"))["goog:chromeOptions"].args;
/** Long enough for a busy machine; a test that hangs is to say so. */
const TIMEOUT = 180_000;

const servers = new Map();
let browser;

function server(isolation) {
  if (!servers.has(isolation)) servers.set(isolation, serve({ root: ROOT, isolation }));
  return servers.get(isolation);
}

after(async () => {
  await (await browser)?.close();
  for (const server of servers.values()) await (await server).close();
});

/**
 * A test of a page: opens `at` and calls `body(page, t)`. What the page complains about (uncaught errors, errors and
 * warnings on its console or a worker's) fails the test, unless `expected` matches it.
 * `before(page)` is called before the page is opened; `context` is Playwright's.
 */
export function pageTest(name, { at = BLANK, isolation = true, expected = [], context = {}, before, ...rest }, body) {
  test(name, { timeout: TIMEOUT, ...rest }, async (t) => {
    const { url } = await server(isolation);
    browser ??= chromium.launch({ executablePath: process.env.CHROME || "/usr/bin/chromium", args: FLAGS });
    const session = await (await browser).newContext(context);
    const complaints = [];
    const complain = (text) => {
      if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
    };
    try {
      const page = await session.newPage();
      page.on("pageerror", (error) => complain(`uncaught: ${error.stack ?? error}`));
      page.on("crash", () => complain("the page crashed"));
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complain(message.text());
      });
      await before?.(page);
      await page.goto(url + at);
      await body(page, t);
    } catch (error) {
      for (const complaint of complaints) t.diagnostic(`the page says: ${complaint}`);
      throw error;
    } finally {
      await session.close();
    }
    assert.deepEqual(complaints, [], "the page complained");
  });
}

/** Loads the engine into the page, as its global `scope`. */
export async function loadEngine(page) {
  await page.evaluate(async () => {
    const { Gilscope } = await import("/www/gilscope.js");
    globalThis.scope = await Gilscope.load();
    // Once, ahead of the first run, which would do it otherwise.
    await scope.measure();
  });
}

/** Runs a request by the page's engine; the report as plain data, with its trace events if they are asked for. */
export function run(page, request, { events = false } = {}) {
  return page.evaluate(
    async ([request, events]) => {
      const { toTraceEvents, ...report } = await scope.run(request);
      return events ? { ...report, file: toTraceEvents() } : report;
    },
    [request, events],
  );
}

/** Puts a <gil-scope> with these attributes on a blank page; resolves when it is ready. */
export async function addElement(page, attributes = {}) {
  await page.evaluate(async (attributes) => {
    await import("/www/gil-scope.js");
    const element = document.createElement("gil-scope");
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    document.body.append(element);
    await element.ready;
  }, attributes);
  return page.locator("gil-scope");
}
