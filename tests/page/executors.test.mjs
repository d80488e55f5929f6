// Futures, pools and what the main program does with them, in the browser: as CPython 3.14 has it.

import assert from "node:assert/strict";

import { loadEngine, pageTest, run } from "./browser.mjs";
import { inQuiet } from "./machine.mjs";

const ROUNDS = 3;
const POOLS = ["threads", "threads-free", "processes", "interpreters"];
const states = ({ results }) => results.map(({ state }) => state[0]).join(" ");
const printed = ({ output }, stream = "stdout") => output.filter((line) => line.stream === stream).map(({ text }) => text);
const sleepers = (count, seconds) =>
  Array.from({ length: count }, (_, n) => ({
    call: { function: "f", args: [n] },
    steps: [{ sleep: seconds }, { returnParameters: ["parameter"] }],
  }));
const CANCELLED = {
  tasks: sleepers(8, 0.3),
  maxWorkers: 2,
  then: [{ sleep: 0.15 }, { shutdown: { cancelFutures: true } }],
  after: ["after"],
};

pageTest("a shutdown that cancels leaves what is running", {}, async (page, t) => {
  await loadEngine(page);
  for (const method of POOLS) {
    const right = method === "processes" ? "F F F C C C C C" : "F F C C C C C C";
    const round = async () => {
      const report = await run(page, { workload: CANCELLED, method, scale: 1 });
      assert.equal(report.end, "complete");
      assert.deepEqual(printed(report), ["after"]);
      assert.notEqual(report.analysis.makespan, null, "what never began is not waited for");
      return report;
    };
    await t.test(method, (t) => inQuiet(t, ROUNDS, round, (report) => assert.equal(states(report), right)));
  }
});

pageTest("a start method says when workers start", {}, async (page) => {
  await loadEngine(page);
  const workload = { tasks: sleepers(3, 0.05), maxWorkers: 6, results: "list" };
  for (const [startMethod, count, name] of [["fork", 6, "ForkProcess"], ["forkserver", 3, "ForkServerProcess"], ["spawn", 3, "SpawnProcess"]]) {
    const report = await run(page, { workload, method: "processes", startMethod });
    assert.equal(report.end, "complete", report.failure);
    assert.equal(report.trace.startMethod, startMethod);
    const workers = report.trace.lanes.filter(({ kind }) => kind === "worker");
    assert.deepEqual(workers.map(({ name }) => name), Array.from({ length: count }, (_, i) => `${name}-${i + 1}`));
    assert.deepEqual(printed(report), ["[0, 1, 2]"]);
  }
});

pageTest("calls one after the other need one worker", {}, async (page, t) => {
  await loadEngine(page);
  const workload = { tasks: sleepers(5, 0.01), maxWorkers: 4, calls: "submitAndWait", results: "each" };
  // Where the main thread shares no GIL with the workers, its next call may come before a worker has found its queue empty.
  for (const method of ["threads", "processes"]) {
    const round = async () => {
      const report = await run(page, { workload, method });
      assert.deepEqual(printed(report), ["0", "1", "2", "3", "4"]);
      return report.analysis.workers;
    };
    await t.test(method, (t) => inQuiet(t, ROUNDS, round, (workers) => assert.equal(workers, 1)));
  }
});

pageTest("map gives results in order, as_completed as they come", {}, async (page, t) => {
  await loadEngine(page);
  const task = (seconds) => ({ call: { function: "f", args: [seconds] }, steps: [{ sleep: "parameter" }, { returnParameters: ["parameter"] }] });
  const workload = { tasks: [0.6, 0.1, 0.3].map(task), maxWorkers: 3 };
  for (const method of [...POOLS, "asyncio"]) {
    const mapped = await run(page, { workload: { ...workload, calls: "map", chunksize: 2, results: "each" }, method });
    assert.deepEqual(printed(mapped), ["0.6", "0.1", "0.3"], method);
    const round = async () => printed(await run(page, { workload: { ...workload, results: "asCompleted" }, method }));
    await t.test(method, (t) => inQuiet(t, ROUNDS, round, (printed) => assert.deepEqual(printed, ["0.1", "0.3", "0.6"])));
  }
});

pageTest("a worker that ends itself breaks the pool, and the run goes on", {}, async (page) => {
  await loadEngine(page);
  const task = (steps) => ({ call: { function: "f" }, steps });
  const tasks = [
    task([{ sleep: 2 }, { print: "never" }]),
    task([{ sleep: 0.05 }, { print: "last words" }, { exit: 1 }]),
    task([{ sleep: 2 }]),
    task([]),
  ];
  const then = [{ sleep: 1 }, { print: "then" }, { submit: 3 }];
  const report = await run(page, { workload: { tasks, maxWorkers: 2, then }, method: "processes", scale: 1 });
  assert.equal(report.end, "complete", report.failure);
  assert.deepEqual(printed(report), ["last words", "then"]);
  assert.match(printed(report, "stderr").at(-1), /^BrokenProcessPool: A child process terminated abruptly, the process pool is not usable/);
  assert.deepEqual(report.results.map(({ state }) => state), ["FINISHED", "FINISHED", "FINISHED", "REFUSED"]);
  for (const { exception } of report.results.slice(0, 3)) {
    assert.equal(exception.type, "BrokenProcessPool");
    assert.match(exception.message, /terminated abruptly while the future was running or pending/);
  }
  // Lanes of workers end when the pool broke.
  const { lanes, spans } = report.trace;
  const ends = lanes.filter(({ kind }) => kind === "worker").map(({ lane }) => Math.max(...spans.filter((span) => span.lane === lane).map(({ end }) => end)));
  assert.equal(ends.length, 2);
  assert.ok(ends.every((end) => end < report.analysis.duration - 200), `${ends} of ${report.analysis.duration}`);
});

pageTest("a coroutine is cancelled where it awaits, a call in a thread goes on", {}, async (page) => {
  await loadEngine(page);
  const workload = { tasks: sleepers(3, 0.5), then: [{ sleep: 0.1 }, { cancel: 1 }, { print: "then" }] };
  for (const toThread of [false, true]) {
    const report = await run(page, { workload: { ...workload, toThread }, method: "asyncio", scale: 1 });
    assert.equal(report.end, "complete", report.failure);
    assert.deepEqual(printed(report), ["cancel 1: True", "then"]);
    assert.equal(states(report), toThread ? "F F F" : "F C F");
  }
});
