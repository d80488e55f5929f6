// A task that raises: the exception is its result, and where Python would print a traceback, there is one.

import assert from "node:assert/strict";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";

const call = (n) => ({ function: "f", parameters: ["n"], args: [n] });
const fine = (n) => ({ call: call(n), steps: [{ print: "{n} runs" }, { sleep: 0.05 }, { print: "{n} ends" }, { return: n }] });
const raises = (n) => ({
  call: call(n),
  steps: [{ print: "{n} runs" }, { raise: { type: "ValueError", message: "no <such> thing" } }],
});
const TASKS = [fine(0), raises(1), fine(2)];
const TRACEBACK = ["Traceback (most recent call last):", "ValueError: no <such> thing"];

const stderr = ({ output }) => output.filter(({ stream }) => stream === "stderr").map(({ text }) => text);
const stdout = ({ output }) => output.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
const states = ({ results }) => results.map(({ state, value, exception }) => [state, value, exception?.type ?? null]);

const RAISED = ["FINISHED", null, "ValueError"];

pageTest("the results are asked for: the first exception ends the program", {}, async (page, t) => {
  await loadEngine(page);
  const workload = { tasks: TASKS, before: ["begin"], after: ["end"], results: "each", maxWorkers: 3 };
  for (const method of METHODS) {
    await t.test(method, async () => {
      const report = await run(page, { workload, method });
      assert.deepEqual([report.end, report.failure], ["complete", null]);
      assert.deepEqual(report.results[1].exception, { type: "ValueError", message: "no <such> thing" });
      assert.deepEqual(stderr(report), TRACEBACK);
      const lines = stdout(report);
      assert.equal(lines[0], "begin");
      if (method === "sequential") {
        // It leaves the loop: what comes after never begins.
        assert.deepEqual(states(report), [["FINISHED", "0", null], RAISED, ["PENDING", null, null]]);
        assert.deepEqual(lines, ["begin", "0 runs", "0 ends", "1 runs"]);
      } else if (method === "asyncio") {
        // gather() raises at once, and asyncio.run() cancels the others.
        assert.deepEqual(states(report), [["CANCELLED", null, "CancelledError"], RAISED, ["CANCELLED", null, "CancelledError"]]);
        assert.deepEqual(lines, ["begin", "0 runs", "1 runs", "2 runs"]);
      } else {
        // The future keeps it, the others run to their end; then result() raises, after the first was printed.
        assert.deepEqual(states(report), [["FINISHED", "0", null], RAISED, ["FINISHED", "2", null]]);
        assert.deepEqual(lines.slice(-2), ["end", "0"]);
        assert.deepEqual(lines.slice(1, -2).toSorted(), ["0 ends", "0 runs", "1 runs", "2 ends", "2 runs"]);
        assert.equal(report.output.at(-1).stream, "stderr");
      }
    });
  }
});

pageTest("nobody asks for the results: an executor's futures keep the exception", {}, async (page, t) => {
  await loadEngine(page);
  const workload = { tasks: TASKS, after: ["end"], maxWorkers: 3 };
  for (const method of METHODS) {
    await t.test(method, async () => {
      const report = await run(page, { workload, method });
      assert.equal(report.end, "complete");
      assert.deepEqual(states(report)[1], RAISED);
      const silent = !["sequential", "asyncio"].includes(method);
      assert.deepEqual(stderr(report), silent ? [] : TRACEBACK);
      assert.equal(stdout(report).includes("end"), silent);
    });
  }
});

pageTest("by asyncio.to_thread", {}, async (page) => {
  await loadEngine(page);
  const workload = { tasks: [...TASKS, ...Array(9).fill(fine(3))], toThread: true, results: "list" };
  const report = await run(page, { workload, method: "asyncio" });
  assert.equal(report.end, "complete");
  assert.deepEqual(stderr(report), TRACEBACK);
  assert.deepEqual(states(report)[1], RAISED);
  // A call that a thread has begun runs to its end; one in the queue is never begun.
  const lines = stdout(report);
  const begun = lines.filter((line) => line.endsWith("runs")).length;
  const cancelled = report.results.filter(({ state }) => state === "CANCELLED").length;
  assert.equal(begun, report.results.length - cancelled);
  assert.equal(lines.filter((line) => line.endsWith("ends")).length, begun - 1);
});

pageTest("every task raises", {}, async (page) => {
  await loadEngine(page);
  const workload = { tasks: [1, 2, 3, 4, 5, 6].map(raises), maxWorkers: 2, results: "list" };
  for (const method of METHODS) {
    const report = await run(page, { workload, method });
    assert.equal(report.end, "complete", method);
    assert.deepEqual(stderr(report), TRACEBACK, method);
    const raised = states(report).filter(([, , type]) => type === "ValueError").length;
    assert.equal(raised, { sequential: 1 }[method] ?? 6, method);
  }
});
