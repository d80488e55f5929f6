// The GIL's slices, as the spans show them.

import assert from "node:assert/strict";

import { loadEngine, pageTest, run } from "./browser.mjs";
import { inQuiet } from "./machine.mjs";
import { median, mostAtOnce, spansIn } from "./spans.mjs";

const ROUNDS = 3;

/** Two threads that only compute. */
const TWO = {
  tasks: [1, 2].map((n) => ({ call: { function: "compute", args: [n] }, steps: [{ compute: { seconds: 0.5 } }] })),
};

/** How long each turn was while both wanted to compute, in ms. */
function turns(report) {
  const spans = spansIn(report, "on-cpu", ["worker"]).filter(({ task }) => task !== null);
  const waits = spansIn(report, "waiting-for-gil", ["worker"]);
  // A turn that another thread ended; the last one of each task was ended by the task itself.
  const ended = spans.filter((span) => waits.some(({ lane, start }) => lane === span.lane && start === span.end));
  return ended.map(({ start, end }) => end - start);
}

pageTest("a turn is about a switch interval", {}, async (page, t) => {
  await loadEngine(page);
  const middles = [];
  let middle;
  for (const [switchInterval, least] of [[0.02, 10], [undefined, 40], [0.001, 100]]) {
    const interval = (switchInterval ?? 0.005) * 1000;
    const round = async () => {
      const report = await run(page, { workload: TWO, method: "threads", maxWorkers: 2, switchInterval });
      assert.equal(report.trace.switchInterval, interval / 1000);
      const lengths = turns(report);
      assert.ok(lengths.length >= least, `${lengths.length} turns`);
      middle = median(lengths);
      // Who waits asks after a whole interval, so a turn is no shorter, whatever else the machine does. (CPython: 5.03 ms;
      // a tenth is for clocks, and for turns that the main thread cut short.)
      assert.ok(middle > 0.9 * interval, `a median turn of ${middle} ms at ${interval} ms`);
      t.diagnostic(`${lengths.length} turns of ${middle.toFixed(2)} ms at ${interval} ms`);
    };
    await inQuiet(t, ROUNDS, round, () => {
      // How late the browser wakes a thread up: some tenths of a millisecond.
      assert.ok(middle < 1.1 * interval + 1, `a median turn of ${middle} ms at ${interval} ms`);
    });
    middles.push(middle);
  }
  // On a busy machine too, where a thread that is woken up waits for a processor, it is the interval that makes the turn.
  assert.ok(middles[1] < 0.7 * middles[0] && middles[2] < 0.7 * middles[1], `median turns of ${middles} ms`);
});

pageTest("never two lanes on CPU at once under one GIL", {}, async (page) => {
  await loadEngine(page);
  // Many short sleeps: each gives the lock away and asks for it again.
  const steps = [{ repeat: { times: 40, steps: [{ sleep: 0.001 }, { compute: { primesBelow: 3000 } }] } }];
  const tasks = Array.from({ length: 8 }, (_, n) => ({ call: { function: "both", args: [n] }, steps }));
  for (const request of [
    { workload: { tasks }, method: "threads", maxWorkers: 8, switchInterval: 0.0005 },
    { workload: { tasks, toThread: true }, method: "asyncio", switchInterval: 0.0005 },
    { workload: TWO, method: "threads", maxWorkers: 2 },
  ]) {
    const report = await run(page, request);
    const spans = spansIn(report, "on-cpu");
    assert.ok(spans.length > 20);
    assert.equal(mostAtOnce(spans), 1);
    assert.equal(report.analysis.mostOnCpu, 1);
  }
});

pageTest("a thread that comes back from a sleep waits for a switch interval", {}, async (page, t) => {
  await loadEngine(page);
  const workload = {
    tasks: [
      { call: { function: "hog" }, steps: [{ compute: { seconds: 0.8 } }] },
      { call: { function: "io" }, steps: [{ repeat: { times: 15, steps: [{ sleep: 0.02 }, { print: "io" }] } }] },
    ],
  };
  const request = { workload, method: "threads", maxWorkers: 2, switchInterval: 0.01, scale: 1 };
  await inQuiet(t, ROUNDS, () => run(page, request), (report) => {
    const waits = spansIn(report, "waiting-for-gil").filter(({ task }) => task === 1);
    const lengths = waits.map(({ start, end }) => end - start);
    assert.ok(lengths.length >= 10, `${lengths.length} waits`);
    t.diagnostic(`waits of ${median(lengths).toFixed(2)} ms at 10 ms`);
    assert.ok(median(lengths) > 9 && median(lengths) < 12, `a median wait of ${median(lengths)} ms at 10 ms`);
  });
});
