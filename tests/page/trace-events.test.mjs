// A run in Chrome's trace event format: what Perfetto opens, of the same form as the traces of CPython.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";
import { LITTLE } from "./workloads.mjs";

/** Traces of CPython. */
const REFERENCES = fileURLToPath(new URL("../../www/conformance/reference/", import.meta.url));

const CASES = [
  ...METHODS.map((method) => [method, { example: "threads-list", method, scale: 0.02 }]),
  ...METHODS.map((method) => [method, { workload: LITTLE, method }]),
  ["asyncio", { example: "asyncio-to-thread", method: "asyncio", scale: 0.02 }],
];

/** Times are whole nanoseconds, as µs or ms with digits behind the point; sums and comparisons want them back. */
const nanos = (time) => Math.round(time);

/** The events of a category. */
const of = ({ traceEvents }, cat) => traceEvents.filter((event) => event.cat === cat);

function checkForm({ displayTimeUnit, otherData, traceEvents }) {
  assert.equal(displayTimeUnit, "ms");
  assert.equal(typeof otherData.case, "string");
  assert.equal(typeof otherData.gil, "boolean");
  for (const event of traceEvents) {
    const what = JSON.stringify(event);
    assert.ok(Number.isInteger(event.pid) && Number.isInteger(event.tid), what);
    assert.equal(typeof event.name, "string", what);
    assert.equal(Object.prototype.toString.call(event.args), "[object Object]", what);
    switch (event.ph) {
      case "M":
        assert.ok(["process_name", "thread_name"].includes(event.name), what);
        assert.equal(typeof event.args.name, "string", what);
        break;
      case "i":
        assert.equal(event.s, "t", what);
        assert.ok(Number.isFinite(event.ts) && event.ts >= 0, what);
        break;
      case "X":
        assert.ok(Number.isFinite(event.ts) && event.ts >= 0 && event.dur >= 0, what);
        break;
      default:
        assert.fail(what);
    }
  }
  const named = traceEvents.filter(({ name }) => name === "thread_name").map(({ pid, tid }) => `${pid} ${tid}`);
  assert.equal(new Set(named).size, named.length, "a thread has one name");
  for (const { ph, pid, tid } of traceEvents) if (ph !== "M") assert.ok(named.includes(`${pid} ${tid}`), `${pid} ${tid}`);
}

/** Viewers drop what overlaps in part: of one thread, an event lies within another or beside it. */
function checkNesting({ traceEvents }) {
  for (const events of byThread(traceEvents).values()) {
    const open = [];
    const stretches = events.filter(({ ph }) => ph === "X");
    stretches.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    for (const event of stretches) {
      const [start, end] = [nanos(event.ts * 1e3), nanos(event.ts * 1e3) + nanos(event.dur * 1e3)];
      while (open.length && open.at(-1).end <= start) open.pop();
      if (open.length) {
        const { event: around, end: last } = open.at(-1);
        assert.ok(end <= last, `${JSON.stringify(event)} overlaps ${JSON.stringify(around)}`);
      }
      open.push({ event, end });
    }
  }
}

function byThread(events) {
  const threads = new Map();
  for (const event of events) {
    const thread = `${event.pid} ${event.tid}`;
    if (!threads.has(thread)) threads.set(thread, []);
    threads.get(thread).push(event);
  }
  return threads;
}

/** The events say what the report says. */
function checkContent(report) {
  const { file, method, results, output, trace } = report;
  const tasks = of(file, "task");
  assert.deepEqual(tasks.map(({ name }) => name).toSorted(), results.map(({ task }) => task).toSorted());
  for (const { ph, args, ts, dur } of tasks) {
    assert.equal(ph, "X");
    assert.ok(Number.isInteger(args.n));
    assert.equal(args.state, "FINISHED");
    const ended = nanos(ts * 1e3) + nanos(dur * 1e3);
    assert.ok(args.submit <= ts && ended <= nanos(args.result * 1e3), JSON.stringify({ ts, dur, ...args }));
    if ("submit_ret" in args) assert.ok(args.submit <= args.submit_ret);
    if ("got" in args) assert.ok(args.result <= args.got || method === "asyncio");
  }
  // By to_thread a call is submitted twice: as a coroutine, and to the executor.
  const submitted = of(file, "submit").map(({ name }) => name).filter((name) => !name.startsWith("submit to_thread("));
  assert.deepEqual(submitted.toSorted(), results.map(({ task }) => `submit ${task}`).toSorted());

  const printed = of(file, "stdout").toSorted((a, b) => a.ts - b.ts);
  assert.deepEqual(printed.map(({ args }) => args.text).toSorted(), output.map(({ text }) => text).toSorted());

  // A state's event may be cut where a longer one begins or ends, so: as much time, lane by lane and state by state.
  const sums = {};
  const add = (key, time) => (sums[key] = (sums[key] ?? 0) + time);
  for (const { pid, tid, args, dur } of of(file, "state")) add(`${pid} ${tid} ${args.state}`, nanos(dur * 1e3));
  const threads = new Map(trace.lanes.map(({ lane, pid, tid }) => [lane, `${pid} ${tid}`]));
  for (const { lane, state, start, end } of trace.spans) {
    add(`${threads.get(lane)} ${state}`, nanos(start * 1e6) - nanos(end * 1e6));
  }
  for (const [key, difference] of Object.entries(sums)) assert.equal(difference, 0, key);

  const run = of(file, "run").map(({ name }) => name);
  assert.deepEqual(run, ["start", "end"]);
  if (!["sequential", "asyncio"].includes(method)) {
    assert.deepEqual(of(file, "pool").map(({ name }) => name), ["pool create", "shutdown(wait=True)"]);
  }
  // A step that lasted no time that the clock could see is left out.
  if (method === "asyncio") assert.ok(of(file, "asyncio.step").length >= (report.workload === LITTLE.name ? results.length : 1));
}

/** For each category of events: their kinds, and the keys of their arguments. */
function collect(files) {
  const found = {};
  for (const event of files.flatMap(({ traceEvents }) => traceEvents)) {
    const category = (found[event.cat ?? event.name] ??= { kinds: new Set(), keys: new Set() });
    category.kinds.add(event.ph);
    for (const key of Object.keys(event.args ?? {})) category.keys.add(key);
  }
  return found;
}

pageTest("a run as trace events", {}, async (page, t) => {
  await loadEngine(page);
  const files = [];
  for (const [method, request] of CASES) {
    await t.test(`${request.example ?? request.workload.name} by ${method}: they have the form, nest, and say what the report says`, async () => {
      const report = await run(page, request, { events: true });
      files.push(report.file);
      checkForm(report.file);
      checkNesting(report.file);
      checkContent(report);
    });
  }

  await t.test("they have the categories and keys that CPython's traces have", () => {
    const names = readdirSync(REFERENCES).filter((name) => name.endsWith(".json") && !name.includes("slices"));
    const references = collect(names.map((name) => JSON.parse(readFileSync(REFERENCES + name, "utf8"))));
    const ours = collect(files);
    // The time on a processor is the operating system's, which no page sees.
    for (const { keys } of Object.values(references)) keys.delete("cpu_us");
    // Of a coroutine it was taken before `submit`, and says nothing.
    references["asyncio.task"].keys.delete("submit_ret");
    for (const [category, { kinds, keys }] of Object.entries(references)) {
      assert.ok(category in ours, `no events of category ${category}`);
      for (const kind of kinds) assert.ok(ours[category].kinds.has(kind), `${category}: no event of kind ${kind}`);
      for (const key of keys) assert.ok(ours[category].keys.has(key), `${category}: no argument ${key}`);
    }
  });
});
