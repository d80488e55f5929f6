// The record of a run: spans without gap or overlap, handed over while the run goes on, and what is derived from them.

import assert from "node:assert/strict";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";
import { extents, mostAtOnce, spansIn, total } from "./spans.mjs";
import { LITTLE } from "./workloads.mjs";

const STATES = ["on-cpu", "waiting-for-gil", "waiting-for-io", "waiting-for-loop", "copying", "starting", "idle"];

/** The same again under asyncio, where its functions block. */
const WORKLOADS = { "as coroutines": LITTLE, "by to_thread": { ...LITTLE, toThread: true } };
const CASES = METHODS.flatMap((method) =>
  Object.entries(WORKLOADS)
    .filter(([name]) => name === "as coroutines" || method === "asyncio")
    .map(([name, workload]) => [method === "asyncio" ? `asyncio, ${name}` : method, { workload, method }]),
);

function checkSpans({ trace, results, analysis }) {
  const numbers = trace.lanes.map(({ lane }) => lane);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.deepEqual([...new Set(trace.spans.map(({ lane }) => lane))], numbers, "each lane has spans, lane by lane");
  for (const lane of trace.lanes) {
    const spans = trace.spans.filter((span) => span.lane === lane.lane);
    let last = { end: spans[0].start };
    assert.ok(last.end >= 0);
    for (const span of spans) {
      const where = `${lane.name} at ${span.start} ms`;
      assert.ok(STATES.includes(span.state), where);
      assert.equal(span.start, last.end, `a gap or an overlap: ${where}`);
      assert.ok(span.end > span.start, `no length: ${where}`);
      assert.ok(span.task === null || (Number.isInteger(span.task) && span.task in results), where);
      assert.ok(last.state !== span.state || last.task !== span.task, `one span as two: ${where}`);
      last = span;
    }
    assert.ok(last.end <= analysis.duration);
  }
}

/** What the analysis says, worked out anew. */
function checkAnalysis(report) {
  const { analysis, trace, output, results } = report;
  for (const { lane, name, states } of analysis.lanes) {
    assert.equal(name, trace.lanes.find((other) => other.lane === lane).name);
    const spans = trace.spans.filter((span) => span.lane === lane);
    const times = new Map(states.map(({ state, time }) => [state, time]));
    assert.deepEqual([...times.keys()].toSorted(), [...new Set(spans.map(({ state }) => state))].toSorted());
    for (const [state, time] of times) {
      const expected = total(spans.filter((span) => span.state === state));
      assert.ok(Math.abs(time - expected) < 1e-3, `${name} ${state}: ${time}, not ${expected}`);
    }
  }
  for (const { state, time } of analysis.states) {
    const expected = total(spansIn(report, state));
    assert.ok(Math.abs(time - expected) < 1e-3, `${state}: ${time}, not ${expected}`);
  }
  assert.equal(analysis.mostOnCpu, mostAtOnce(spansIn(report, "on-cpu")));
  assert.equal(analysis.workers, trace.lanes.filter(({ kind }) => kind === "worker").length);
  // A task runs within the spans that carry its number; to_thread hands it over within them.
  const bars = extents(report);
  const whole = Math.max(...bars.map(({ end }) => end)) - Math.min(...bars.map(({ start }) => start));
  assert.ok(analysis.makespan > 0 && analysis.makespan <= whole + 1e-6);
  assert.ok(analysis.makespan > 0.5 * whole);

  for (const [i, { time }] of output.entries()) assert.ok(i === 0 || time >= output[i - 1].time, "lines in their order");
  assert.ok(output.every(({ time }) => time >= 0 && time <= analysis.duration));
  assert.equal(output.length, 2 + results.length * 5);
}

/** Clocks of threads, processes and the main program agree: what causes something comes before it, across lanes. */
function checkClocks({ output, results, trace }) {
  const kinds = new Map(trace.lanes.map(({ lane, kind }) => [lane, kind]));
  const last = output.slice(-results.length - 1);
  assert.deepEqual([output[0].text, last[0].text], ["begin", "end"]);
  assert.deepEqual(new Set(last.map(({ lane }) => kinds.get(lane))), new Set(["main"]));
}

pageTest("spans leave no gap and do not overlap, and the analysis is theirs", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, request] of CASES) {
    await t.test(name, async () => {
      const report = await run(page, request);
      assert.equal(report.end, "complete");
      checkSpans(report);
      checkAnalysis(report);
      checkClocks(report);
      assert.equal(report.trace.maxWorkers, { sequential: 1, asyncio: report.trace.maxWorkers }[request.method] ?? 3);
    });
  }
});

pageTest("the record comes while the run goes on, and all of it", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, request] of CASES) {
    await t.test(name, async () => {
      const { report, calls, before } = await page.evaluate(async (request) => {
        const calls = [];
        let ended = false;
        const finished = scope.run(request, { onSpans: (spans) => calls.push({ spans, ended }) });
        const { toTraceEvents, ...report } = await finished;
        ended = true;
        const before = calls.length;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { report, calls, before };
      }, request);
      assert.equal(calls.length, before, "nothing comes after the report");
      const closed = calls.flatMap(({ spans }) => spans.filter(({ end }) => end !== null));
      const inOrder = closed.toSorted((a, b) => a.lane - b.lane || a.start - b.start);
      const expected = report.trace.spans.toSorted((a, b) => a.lane - b.lane || a.start - b.start);
      assert.deepEqual(inOrder, expected, "each span once");
      // Those that last come again and again, one of each lane.
      for (const { spans } of calls) {
        const open = spans.filter(({ end }) => end === null).map(({ lane }) => lane);
        assert.equal(new Set(open).size, open.length);
      }
      // The run computes for 0.27 s, and hands over once a frame; in sequence only before it blocks.
      assert.ok(calls.length >= 3, `${calls.length} times`);
    });
  }
});
