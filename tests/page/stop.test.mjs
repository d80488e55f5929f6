// Stop: soon, for good, in every method, while computing and while asleep; and what was recorded stays.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { METHODS, addElement, loadEngine, pageTest, run } from "./browser.mjs";
import * as machine from "./machine.mjs";
import { ASLEEP, ENDLESS, SHORT } from "./workloads.mjs";

/** Stop is to be heard within this time, in ms. */
const SOON = 100;
/** Then, for this time, the browser is watched. */
const WATCH = 400;

/** Begins a run in the page and resolves when its record shows `state`; the rest is in the page's global `stopping`. */
function begin(page, request, state) {
  return page.evaluate(
    ([request, state]) =>
      new Promise((resolve, reject) => {
        const controller = new AbortController();
        const stopping = { controller, calls: 0, spans: [] };
        globalThis.stopping = stopping;
        stopping.finished = scope.run(request, {
          signal: controller.signal,
          onSpans(spans) {
            stopping.calls++;
            stopping.spans.push(...spans.filter(({ end }) => end !== null));
            if (spans.some((span) => span.state === state && span.task !== null)) resolve();
          },
        });
        stopping.finished.then(({ toTraceEvents, ...report }) => {
          stopping.report = report;
          stopping.callsThen = stopping.calls;
        }, reject);
      }),
    [request, state],
  );
}

function checkStopped(report, known, state) {
  assert.equal(report.end, "stopped");
  assert.equal(report.failure, null);
  assert.equal(report.analysis.makespan, null);
  assert.deepEqual(report.trace.spans.filter(({ end }) => end === null), [], "nothing stays open");
  for (const span of known) {
    const found = report.trace.spans.some(({ lane, start, end }) => lane === span.lane && start === span.start && end >= span.end);
    assert.ok(found, `what was recorded before is lost: ${JSON.stringify(span)}`);
  }
  // What lasted when the run was stopped reaches up to then.
  const last = report.trace.spans.filter((span) => span.state === state && span.task !== null);
  assert.ok(last.some(({ end }) => end === report.analysis.duration));
  assert.ok(report.results.every(({ state, value }) => ["RUNNING", "PENDING"].includes(state) && value === null));
  assert.ok(report.results.some(({ state }) => state === "RUNNING"));
}

const CASES = [
  ...METHODS.flatMap((method) => [
    [`${method}, computing`, { workload: ENDLESS, method }, "on-cpu"],
    [`${method}, asleep`, { workload: ASLEEP, method, scale: 1 }, "waiting-for-io"],
  ]),
  ["asyncio by to_thread, computing", { workload: { ...ENDLESS, toThread: true }, method: "asyncio" }, "on-cpu"],
];

pageTest("by an AbortSignal", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, request, state] of CASES) {
    await t.test(name, async (t) => {
      // What the case before left behind, if it did, is its own fault.
      await machine.browserIdle();
      await begin(page, request, state);
      const before = await machine.browserUse(300);
      const stopped = performance.now();
      await page.evaluate(() => stopping.controller.abort());
      await sleep(stopped + SOON - performance.now());
      const after = await machine.browserUse(WATCH);
      const { report, spans, calls, callsThen } = await page.evaluate(() => stopping);
      assert.ok(report, `no report ${SOON + WATCH} ms after Stop`);
      checkStopped(report, spans, state);
      assert.equal(calls, callsThen, "no message after the report");
      if (!machine.known) return;
      t.diagnostic(`${before.toFixed(2)} of a processor before, ${after.toFixed(2)} after`);
      // Other programs slow a computation down, so it is compared with itself; a page with nothing to do uses a few
      // hundredths, and a run that goes on as much as before.
      if (state === "on-cpu") assert.ok(after < before / 4, `${before} of a processor before, ${after} after`);
      assert.ok(after < 0.25, `${after} of a processor after Stop`);
    });
  }
  const next = await run(page, { workload: SHORT, method: "threads" });
  assert.equal(next.end, "complete");
});

pageTest("before the run begins, and while it waits for its turn", {}, async (page) => {
  await loadEngine(page);
  for (const method of METHODS) {
    const found = await page.evaluate(
      async ([method, ENDLESS, SHORT]) => {
        const spans = [];
        const ended = [];
        const start = (name, workload, signal) =>
          scope
            .run({ workload, method }, { signal, onSpans: (some) => name === "waiting" && spans.push(...some) })
            .then(({ end, analysis, trace }) => ended.push({ name, end, duration: analysis.duration, lanes: trace.lanes }));
        const before = start("before", ENDLESS, AbortSignal.abort());
        const first = start("first", SHORT);
        const controller = new AbortController();
        const waiting = start("waiting", ENDLESS, controller.signal);
        const next = start("next", SHORT);
        controller.abort();
        await Promise.all([before, first, waiting, next]);
        return { ended, spans };
      },
      [method, ENDLESS, SHORT],
    );
    const ends = found.ended.map(({ name, end }) => `${name} ${end}`);
    assert.deepEqual(ends, ["before stopped", "first complete", "waiting stopped", "next complete"], method);
    for (const { name, duration, lanes } of found.ended) {
      if (["before", "waiting"].includes(name)) assert.deepEqual([duration, lanes], [0, []], name);
    }
    assert.deepEqual(found.spans, []);
  }
});

pageTest("while the run is being made ready", {}, async (page) => {
  await loadEngine(page);
  for (const method of METHODS) {
    const report = await page.evaluate(
      async ([method, workload]) => {
        const controller = new AbortController();
        const run = scope.start({ workload, method }, { signal: controller.signal });
        while (!run.recording) await new Promise((resolve) => setTimeout(resolve));
        controller.abort();
        const { toTraceEvents, ...report } = await run.finished;
        return report;
      },
      [method, ENDLESS],
    );
    assert.equal(report.end, "stopped", method);
  }
  assert.equal(await machine.workersLeft(), 0);
  assert.equal((await run(page, { workload: SHORT, method: "processes" })).end, "complete");
});

pageTest("by the element's button", {}, async (page, t) => {
  const element = await addElement(page, { methods: "threads" });
  await element.evaluate((element, workload) => {
    element.workload = workload;
    element.addEventListener("gil-scope-end", ({ detail }) => (element.ended = detail.reports.map(({ end }) => end)));
  }, ENDLESS);
  const button = element.locator("button.run");
  /** How many pixels of the chart are not empty. */
  const drawn = () =>
    element.locator("figure canvas").first().evaluate((canvas) => {
      // By a copy: the browser warns of reading a canvas that is drawn on all the time.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
      return count;
    });
  for (const method of METHODS) {
    await t.test(method, async () => {
      await machine.browserIdle();
      await element.evaluate((element, method) => {
        element.ended = null;
        element.setAttribute("methods", method);
      }, method);
      assert.equal(await button.textContent(), "Run");
      await button.click();
      await element.locator("figure .status", { hasText: "running" }).waitFor();
      await sleep(300);
      const before = await drawn();
      assert.ok(before > 1000, `${before} pixels drawn while it runs`);
      assert.equal(await button.textContent(), "Stop");
      await button.click();
      await page.waitForFunction(() => document.querySelector("gil-scope").ended);
      assert.deepEqual(await element.evaluate(({ ended }) => ended), ["stopped"]);
      assert.match(await element.locator("figure .status").textContent(), /^stopped after \d/);
      assert.equal(await button.textContent(), "Run");
      await sleep(SOON);
      assert.ok((await drawn()) > 1000, "the chart stays");
      if (!machine.known) return;
      const after = await machine.browserUse(WATCH);
      assert.ok(after < 0.25, `${after} of a processor after Stop`);
    });
  }
});

pageTest("all that the element would still have run", {}, async (page) => {
  const element = await addElement(page, { methods: "threads,processes,asyncio" });
  const reports = await element.evaluate(async (element, workload) => {
    element.workload = workload;
    const done = element.run();
    await new Promise((resolve) => setTimeout(resolve, 500));
    element.stop();
    return (await done).map(({ method, end }) => `${method} ${end}`);
  }, ENDLESS);
  assert.deepEqual(reports, ["threads stopped"]);
  const statuses = await element.locator("figure .status").allTextContents();
  assert.match(statuses[0], /^stopped after/);
  assert.deepEqual(statuses.slice(1), ["stopped before its turn", "stopped before its turn"]);
});
