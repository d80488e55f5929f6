// A page without cross-origin isolation: it says so, runs what can run there, and refuses the rest with the cure.

import assert from "node:assert/strict";

import { METHODS, PAGE, loadEngine, pageTest, run } from "./browser.mjs";
import * as machine from "./machine.mjs";
import { ENDLESS, SHORT } from "./workloads.mjs";

const LIVE = ["sequential", "processes", "asyncio"];
const CURE = [/cross-origin isolated/, /Cross-Origin-Opener-Policy: same-origin/, /Cross-Origin-Embedder-Policy: require-corp/];

const everyCure = (text) => {
  for (const pattern of CURE) assert.match(text, pattern);
};

pageTest("the page says so, and its other methods run", { at: PAGE, isolation: false }, async (page) => {
  const element = page.locator("gil-scope");
  await element.evaluate((element) => element.ready);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);

  const told = element.locator(".messages");
  assert.ok(await told.isVisible());
  everyCure(await told.textContent());
  for (const [i, method] of METHODS.entries()) {
    const label = element.locator(".methods label").nth(i);
    const box = label.locator(`input[value=${method}]`);
    assert.equal(await box.isEnabled(), LIVE.includes(method), method);
    assert.equal(await box.isChecked(), LIVE.includes(method), method);
    const title = await label.getAttribute("title");
    if (LIVE.includes(method)) assert.equal(title, "");
    else everyCure(title);
  }
  const cells = await element.locator(".methods-table tbody tr").allInnerTexts();
  for (const [i, text] of cells.entries()) assert.equal(/cannot run here/.test(text), !LIVE.includes(METHODS[i]), text);

  const reports = await element.evaluate(async (element, workload) => {
    element.workload = workload;
    return (await element.run()).map(({ method, end, trace }) => [method, end, trace.environment.isolated]);
  }, SHORT);
  assert.deepEqual(reports, LIVE.map((method) => [method, "complete", false]));
  assert.ok(await told.isVisible(), "it still says so");

  // Another address does not take that away.
  await page.evaluate(() => (location.hash = "v=1&example=threads-list"));
  await page.waitForFunction(() => document.querySelector("gil-scope").shadowRoot.querySelector("#example").value === "threads-list");
  everyCure(await told.textContent());
});

pageTest("the interface says so", { isolation: false }, async (page) => {
  await loadEngine(page);
  const { isolated, methods } = await page.evaluate(() => scope.capabilities());
  assert.equal(isolated, false);
  assert.deepEqual(methods.map(({ id }) => id), METHODS);
  for (const { id, live, whyNot } of methods) {
    assert.equal(live, LIVE.includes(id), id);
    if (live) assert.equal(whyNot, null);
    else everyCure(whyNot);
  }
  for (const method of METHODS) {
    const found = await run(page, { workload: SHORT, method }).catch(({ message }) => message);
    if (LIVE.includes(method)) {
      assert.equal(found.end, "complete", method);
      assert.deepEqual(found.results.map(({ value }) => value), ["303", "303", "303", "303"]);
    } else everyCure(found);
  }
  // The loop can run there, threads behind it cannot.
  everyCure(await run(page, { example: "asyncio-to-thread", method: "asyncio" }).catch(({ message }) => message));
});

pageTest("Stop, without a word in shared memory", { isolation: false }, async (page) => {
  await loadEngine(page);
  for (const method of LIVE) {
    const { end, spans } = await page.evaluate(
      async ([workload, method]) => {
        const controller = new AbortController();
        const run = scope.run({ workload, method }, { signal: controller.signal });
        setTimeout(() => controller.abort(), 500);
        const { end, trace } = await run;
        return { end, spans: trace.spans.length };
      },
      [ENDLESS, method],
    );
    assert.equal(end, "stopped", method);
    assert.ok(spans > 0, method);
    // A worker that computes is ended by the browser here, in its own time: Chromium takes two seconds.
    assert.equal(await machine.workersLeft(), 0, method);
  }
  assert.equal((await run(page, { workload: SHORT, method: "processes" })).end, "complete");
});
