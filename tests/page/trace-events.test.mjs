// A run in Chrome's trace event format: what Perfetto opens, of the same form as the traces of CPython.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";

/** Traces of CPython, where somebody has put them beside the project. */
const REFERENCES = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));

const CASES = [
  ...METHODS.map((method) => [method, { example: "threads-list", method, scale: 0.02 }]),
  ...METHODS.map((method) => [method, { example: "mixed-eight", method, scale: 0.2 }]),
  ["asyncio", { example: "asyncio-to-thread", method: "asyncio", scale: 0.02 }],
];

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
  // Times in the file are µs with three digits behind the point: compared as whole nanoseconds.
  const nanos = (micros) => Math.round(micros * 1000);
  const threads = Map.groupBy?.(traceEvents, ({ pid, tid }) => `${pid} ${tid}`) ?? group(traceEvents);
  for (const events of threads.values()) {
    const open = [];
    const stretches = events.filter(({ ph }) => ph === "X");
    stretches.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
    for (const event of stretches) {
      const [start, end] = [nanos(event.ts), nanos(event.ts) + nanos(event.dur)];
      while (open.length && open.at(-1).end <= start) open.pop();
      if (open.length) {
        const { event: around, end: last } = open.at(-1);
        assert.ok(end <= last, `${JSON.stringify(event)} overlaps ${JSON.stringify(around)}`);
      }
      open.push({ event, end });
    }
  }
}

function group(events) {
  const groups = new Map();
  for (const event of events) {
    const key = `${event.pid} ${event.tid}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return groups;
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
    assert.ok(args.submit <= ts && ts + dur <= args.result, JSON.stringify(args));
    if ("submit_ret" in args) assert.ok(args.submit <= args.submit_ret);
    if ("got" in args) assert.ok(args.result <= args.got || method === "asyncio");
  }
  // By to_thread a call is submitted twice: as a coroutine, and to the executor.
  const submitted = of(file, "submit").map(({ name }) => name).filter((name) => !name.startsWith("submit to_thread("));
  assert.deepEqual(submitted.toSorted(), results.map(({ task }) => `submit ${task}`).toSorted());

  const printed = of(file, "stdout").toSorted((a, b) => a.ts - b.ts);
  assert.deepEqual(printed.map(({ args }) => args.text).toSorted(), output.map(({ text }) => text).toSorted());

  // A state's event may be cut where a longer one begins or ends, so: as much time, lane by lane and state by state.
  const time = (events, key, length) => {
    const times = {};
    for (const event of events) times[key(event)] = (times[key(event)] ?? 0) + length(event);
    return Object.fromEntries(Object.entries(times).map(([key, time]) => [key, Math.round(time * 100) / 100]).toSorted());
  };
  const threads = new Map(trace.lanes.map(({ lane, pid, tid }) => [lane, `${pid} ${tid}`]));
  assert.deepEqual(
    time(of(file, "state"), ({ pid, tid, args }) => `${pid} ${tid} ${args.state}`, ({ dur }) => dur / 1000),
    time(trace.spans, ({ lane, state }) => `${threads.get(lane)} ${state}`, ({ start, end }) => end - start),
  );

  const run = of(file, "run").map(({ name }) => name);
  assert.deepEqual(run, ["start", "end"]);
  if (!["sequential", "asyncio"].includes(method)) {
    assert.deepEqual(of(file, "pool").map(({ name }) => name), ["pool create", "shutdown(wait=True)"]);
  }
  if (method === "asyncio") assert.ok(of(file, "asyncio.step").length >= results.length);
}

pageTest("the events of each method have the form, nest, and say what the report says", {}, async (page, t) => {
  await loadEngine(page);
  for (const [method, request] of CASES) {
    await t.test(`${request.example} by ${method}`, async () => {
      const report = await run(page, request, { events: true });
      checkForm(report.file);
      checkNesting(report.file);
      checkContent(report);
    });
  }
});

pageTest(
  "the events have the keys that CPython's traces have",
  { skip: !existsSync(REFERENCES) && "there are no traces of CPython here" },
  async (page) => {
    await loadEngine(page);
    /** For each category: the kinds of events, and the keys of their arguments. */
    const collect = (files) => {
      const found = {};
      for (const event of files.flatMap(({ traceEvents }) => traceEvents)) {
        const kind = (found[event.cat ?? event.name] ??= { kinds: new Set(), keys: new Set() });
        kind.kinds.add(event.ph);
        for (const key of Object.keys(event.args ?? {})) kind.keys.add(key);
      }
      return found;
    };
    const names = readdirSync(REFERENCES).filter((name) => name.endsWith(".json") && !name.includes("slices"));
    const references = collect(names.map((name) => JSON.parse(readFileSync(REFERENCES + name, "utf8"))));
    const files = [];
    for (const [, request] of CASES) files.push((await run(page, request, { events: true })).file);
    const ours = collect(files);
    // The time on a processor is the operating system's, which no page sees.
    for (const { keys } of Object.values(references)) keys.delete("cpu_us");
    for (const [category, { kinds, keys }] of Object.entries(references)) {
      assert.ok(category in ours, `no events of category ${category}`);
      for (const kind of kinds) assert.ok(ours[category].kinds.has(kind), `${category}: no event of kind ${kind}`);
      for (const key of keys) assert.ok(ours[category].keys.has(key), `${category}: no argument ${key}`);
    }
  },
);
