// Stop where stop.test.mjs has no case: while arguments cross, while workers come up, and at any moment at all.

import assert from "node:assert/strict";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";
import * as machine from "./machine.mjs";
import { LITTLE, SHORT } from "./workloads.mjs";

/** Calls with 2.5 MB each way: most of the time something is copied. */
const HEAVY = {
  name: "heavy",
  tasks: Array.from({ length: 12 }, () => ({ call: { function: "f", args: [{ bytes: 2_500_000 }] }, steps: [{ return: { bytes: 2_500_000 } }] })),
  maxWorkers: 2,
};

/** Runs, and stops when a lane is in this state; the report, and what was known of it when it was stopped. */
const stopIn = (page, request, state) =>
  page.evaluate(
    async ([request, state]) => {
      const stop = new AbortController();
      let known = null;
      const { toTraceEvents, ...report } = await scope.run(request, {
        signal: stop.signal,
        onSpans(spans) {
          if (known || !spans.some((span) => span.state === state)) return;
          known = spans.filter(({ end }) => end !== null);
          stop.abort();
        },
      });
      return { report, known };
    },
    [request, state],
  );

function check({ report, known }, where) {
  assert.ok(known, `${where}: no lane was ever in that state`);
  assert.equal(report.failure, null, where);
  assert.deepEqual(report.trace.spans.filter(({ end }) => end === null), [], `${where}: nothing stays open`);
  for (const { lane, start, state } of known) {
    assert.ok(report.trace.spans.some((span) => span.lane === lane && span.start === start && span.state === state), `${where}: a span is lost`);
  }
}

pageTest("while arguments and results cross, and while workers come up", {}, async (page) => {
  await loadEngine(page);
  for (const [method, state] of [
    ["processes", "copying"],
    ["interpreters", "copying"],
    ["processes", "starting"],
    ["threads", "starting"],
    ["threads", "waiting-for-gil"],
  ]) {
    const workload = state === "waiting-for-gil" ? { ...SHORT, tasks: Array(4).fill({ call: { function: "f" }, steps: [{ compute: { seconds: 30 } }] }), maxWorkers: 4 } : HEAVY;
    const found = await stopIn(page, { workload, method }, state);
    check(found, `${method}, ${state}`);
    assert.ok(["stopped", "complete"].includes(found.report.end));
    if (state === "waiting-for-gil") assert.equal(found.report.end, "stopped");
  }
  assert.equal((await run(page, { workload: SHORT, method: "processes" })).end, "complete");
});

pageTest("at any moment", {}, async (page) => {
  await loadEngine(page);
  const ends = await page.evaluate(
    async ([methods, workload]) => {
      const ends = [];
      for (const method of methods) {
        for (let after = 0; after < 120; after += 8) {
          const { end, failure, trace } = await scope.run({ workload, method }, { signal: AbortSignal.timeout(after) });
          ends.push([method, after, end, failure, trace.spans.filter((span) => span.end === null).length]);
        }
      }
      return ends;
    },
    [METHODS, LITTLE],
  );
  for (const [method, after, end, failure, open] of ends) {
    assert.ok(["stopped", "complete"].includes(end) && failure === null && open === 0, `${method} after ${after} ms: ${end}, ${failure}, ${open} open`);
  }
  assert.ok(ends.filter(([, , end]) => end === "stopped").length > ends.length / 3);
  assert.equal(await machine.workersLeft(), 0, "no worker is left behind");
});
