// Each example by each method: results, output, process numbers. What it should be is written down here anew.

import assert from "node:assert/strict";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";
import { primesBelow } from "./primes.mjs";

const EXECUTORS = {
  sequential: "a plain loop",
  threads: "ThreadPoolExecutor",
  "threads-free": "ThreadPoolExecutor",
  processes: "ProcessPoolExecutor",
  asyncio: "asyncio.gather",
  interpreters: "InterpreterPoolExecutor",
};

const LETTERS = ["a", "b", "c"];
const ONE_TO_TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const repr = (value) => (typeof value === "string" ? `'${value}'` : String(value));
const tuple = (values) => `(${values.map(repr).join(", ")})`;

/** The call of a function that says that it was called with an argument and that it ended, and returns it. */
const talks = (name, using = "") => (value) => ({
  label: `${name}(${repr(value)})`,
  lines: [`${name} called with argument ${value}${using}`, `${name} with argument ${value}${using} ended`],
  value: repr(value),
});
const io = talks("io_bound_function");
const ioWithPid = talks("io_bound_function", " using PID #");
/** The same with two arguments. */
const ioOfTwo = (using, names) => (values) => ({
  label: `io_bound_function(${values.map((value, i) => (names ? `parameter_${i + 1}=` : "") + repr(value)).join(", ")})`,
  lines: [
    `io_bound_function called with arguments ${values.join(" and ")}${using}`,
    `io_bound_function with arguments ${values.join(" and ")}${using} ended`,
  ],
  value: tuple(values),
});
const pid = " using PID #";
const ticker = (name, interval) => ({
  label: `ticker(${name}, ${interval})`,
  lines: Array(4).fill(`ticker ${name} ticks`),
  value: "None",
});
/** A result that was computed: how much there is to compute depends on the machine. */
const COUNT = Symbol("count");

const STARTING = "Starting {executor}";
const DONE = "Done threading the io_bound_function";

const EXAMPLES = {
  "threads-simple": { tasks: LETTERS.map(io), before: [STARTING], after: ["All tasks complete"], workers: 3 },
  "threads-list": { tasks: LETTERS.map(io), before: [STARTING], after: [DONE, "a", "b", "c"], workers: 3 },
  "threads-kwargs": {
    tasks: [[1, 2], [3, 4]].map(ioOfTwo("", true)),
    before: [STARTING],
    after: [DONE, "(1, 2)", "(3, 4)"],
    workers: 2,
  },
  "processes-three": { tasks: LETTERS.map(ioWithPid), workers: 3 },
  "processes-ten-on-five": {
    tasks: ONE_TO_TEN.map(ioWithPid),
    after: ["[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", ...ONE_TO_TEN.map(String)],
    workers: 5,
  },
  "processes-context": { tasks: LETTERS.map((letter) => [letter, letter]).map(ioOfTwo(pid, false)), workers: 3 },
  "processes-args": { tasks: [["a", "b"], ["c", "d"], ["e", "f"]].map(ioOfTwo(pid, false)), workers: 3 },
  "processes-kwargs": { tasks: [[1, 2], [3, 4]].map(ioOfTwo(pid, true)), after: ["(1, 2)", "(3, 4)"], workers: 2 },
  "asyncio-gather": { tasks: LETTERS.map(io), after: ["['a', 'b', 'c']"], workers: 3 },
  "asyncio-cpu-hog": {
    tasks: [
      ...[[0, 0.2], [1, 0.21], [2, 0.22]].map(([name, interval]) => ticker(name, interval)),
      { label: "hog()", lines: ["hog computes", "hog is done"], value: COUNT },
    ],
    workers: 4,
  },
  "asyncio-to-thread": { tasks: LETTERS.map(io), after: ["['a', 'b', 'c']"], workers: 3 },
  "interpreters-three": { tasks: LETTERS.map(io), before: [STARTING], after: ["All tasks complete"], workers: 3 },
  "interpreters-ten-on-five": {
    tasks: ONE_TO_TEN.map(io),
    after: ["[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"],
    workers: 5,
  },
  "cpu-four": {
    tasks: [0, 1, 2, 3].map((n) => ({ ...talks("cpu_bound_function")(n), value: COUNT })),
    after: ["[#, #, #, #]"],
    workers: 4,
  },
  "mixed-eight": {
    tasks: [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({ label: `mixed_function(${n})`, lines: [], value: COUNT })),
    after: [`[${Array(8).fill("#").join(", ")}]`],
    workers: 4,
  },
};

const texts = (lines) => lines.map(({ text }) => text.replace(/PID \d+/, "PID #"));

/** What was computed, if something was: the same everywhere. */
function checkResults({ results }, { tasks }) {
  assert.deepEqual(results.map(({ task }) => task), tasks.map(({ label }) => label));
  const counts = new Set();
  for (const [i, { state, value, exception }] of results.entries()) {
    assert.equal(state, "FINISHED");
    assert.equal(exception, null);
    if (tasks[i].value === COUNT) counts.add(value);
    else assert.equal(value, tasks[i].value);
  }
  assert.ok(counts.size <= 1, `equal work, different counts: ${[...counts]}`);
  const [count] = counts;
  if (count !== undefined) assert.match(count, /^[1-9]\d*$/);
  return count;
}

function checkOutput({ method, output }, { tasks, before = [], after = [] }, count) {
  assert.ok(output.every(({ stream }) => stream === "stdout"));
  const lines = texts(output);
  const first = before.map((line) => line.replace("{executor}", EXECUTORS[method]));
  const last = after.map((line) => line.replaceAll("#", count));
  assert.deepEqual(lines.slice(0, first.length), first);
  assert.deepEqual(last.length ? lines.slice(-last.length) : [], last);
  const between = lines.slice(first.length, lines.length - last.length);
  const expected = tasks.flatMap((task) => task.lines);
  assert.deepEqual(between.toSorted(), expected.toSorted(), "each line of each task once");
  for (const task of tasks) {
    assert.deepEqual(between.filter((line) => task.lines.includes(line)), task.lines, `${task.label} in its order`);
  }
  if (method === "sequential") assert.deepEqual(between, expected, "one call after the other");
}

/** Who printed: one process, or as many as there are workers; and each line names the one that it came from. */
function checkProcesses({ method, output, trace, analysis }, { tasks, workers }) {
  const lanes = new Map(trace.lanes.map((lane) => [lane.lane, lane]));
  const ofWorkers = trace.lanes.filter(({ kind }) => kind === "worker");
  assert.equal(analysis.workers, ofWorkers.length);
  for (const { lane, text } of output) {
    assert.ok(lanes.has(lane), `a line of lane ${lane}, which is none`);
    const named = /PID (\d+)/.exec(text)?.[1];
    if (named) assert.equal(Number(named), lanes.get(lane).pid, text);
  }
  const printed = new Set(output.flatMap(({ text }) => /PID (\d+)/.exec(text)?.[1] ?? []));
  const pids = new Set(ofWorkers.map((lane) => lane.pid));
  const main = trace.lanes.find(({ kind }) => kind === "main");
  if (method === "processes") {
    // They are all started before any of them can be up, so a quick one leaves none of the others out.
    assert.equal(pids.size, workers);
    assert.ok(!pids.has(main.pid));
    assert.ok(printed.size <= workers);
  } else {
    assert.deepEqual([...pids], ofWorkers.length ? [main.pid] : []);
    if (tasks[0].lines[0]?.includes("PID")) assert.equal(printed.size, 1);
    // A thread that has become idle takes the next call: then fewer are started.
    assert.ok(ofWorkers.length <= (method === "sequential" ? 0 : workers));
  }
  assert.equal(new Set(trace.lanes.map(({ pid, tid }) => `${pid} ${tid}`)).size, trace.lanes.length);
}

pageTest("each example by each method", {}, async (page, t) => {
  await loadEngine(page);
  await t.test("there are fifteen", async () => {
    const examples = await page.evaluate(() => scope.examples().filter(({ kind }) => kind === "workload"));
    assert.deepEqual(examples.map(({ id }) => id), Object.keys(EXAMPLES));
    for (const { id, tasks, source } of examples) {
      assert.equal(tasks, EXAMPLES[id].tasks.length);
      assert.deepEqual(Object.keys(source).toSorted(), METHODS.toSorted());
    }
  });
  for (const [example, expected] of Object.entries(EXAMPLES)) {
    await t.test(example, async () => {
      const counts = new Set();
      for (const method of METHODS) {
        const report = await run(page, { example, method, scale: 0.02 });
        const where = `${example} by ${method}`;
        assert.deepEqual([report.end, report.failure], ["complete", null], where);
        assert.deepEqual([report.workload, report.method, report.trace.scale], [example, method, 0.02]);
        try {
          const count = checkResults(report, expected);
          counts.add(count);
          checkOutput(report, expected, count);
          checkProcesses(report, expected);
        } catch (error) {
          error.message = `${where}: ${error.message}\n${texts(report.output).join("\n")}`;
          throw error;
        }
      }
      assert.equal(counts.size, 1, `methods counted differently: ${[...counts]}`);
    });
  }
});

pageTest("the primes below a number, by each method", {}, async (page) => {
  await loadEngine(page);
  // Odd and even, prime and not, none at all, and enough for several slices of the GIL.
  const numbers = [0, 1, 2, 3, 4, 5, 9, 10, 25, 26, 100, 7919, 7920, 100_000, 300_007];
  const tasks = numbers.map((n) => ({
    call: { function: "count", args: [n] },
    steps: [{ compute: { primesBelow: n } }, "returnCount"],
  }));
  const expected = numbers.map((n) => String(primesBelow(n)));
  for (const method of METHODS) {
    const { results } = await run(page, { workload: { tasks }, method, maxWorkers: 3 });
    assert.deepEqual(results.map(({ value }) => value), expected, method);
  }
});
