// The comparing program itself: no browser, only recorded runs of CPython, and shapes that are not theirs.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { CASES, THEIR_CORES, noCounterpart } from "../../www/conformance/cases.js";
import { compare, verdict } from "../../www/conformance/compare.js";
import { idealMakespan, schedule } from "../../www/conformance/ideal.js";
import { alone, asRecorded } from "../../www/conformance/measures.js";
import { readShape } from "../../www/conformance/shape.js";
import { WWW, find, reference } from "./page.mjs";

const times = (count, value) => Array.from({ length: count }, () => value);

/** Compares a shape with a case, as if this machine were theirs. */
function against(id, shape, base = find(id).base) {
  const which = find(id);
  const there = which.base && alone(find(which.base), reference(which.base));
  const here = base && alone(find(base), reference(base));
  return compare(which, reference(id), shape, {
    alone: which.base && { there, here },
    cores: { there: THEIR_CORES, here: THEIR_CORES },
    sleep: { there: asRecorded, here: asRecorded },
  });
}
const wrong = (checks) => checks.filter(({ agrees }) => !agrees).map(({ check }) => check);

test("each recorded run is compared with, once", () => {
  const files = readdirSync(`${WWW}conformance/reference`)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -5));
  assert.equal(files.length, 62);
  assert.deepEqual(CASES.flatMap(({ reference }) => reference ?? []).toSorted(), files.toSorted());
  for (const { id, checks } of CASES) assert.ok(checks.length > 0, id);
  // Only these have nothing to be compared with in one engine; none has nothing in both.
  for (const which of CASES) {
    const engines = ["light", "python"].filter((engine) => !noCounterpart(which, engine, { startMethods: true }));
    assert.ok(engines.length > 0, which.id);
  }
});

test("every recorded run agrees with itself", () => {
  for (const { id, reference: file } of CASES) if (file) assert.deepEqual(wrong(against(id, reference(file))), [], id);
});

test("the ideal schedule", () => {
  const cpu = times(4, [{ compute: 0.4 }]);
  const mixed = times(8, [{ sleep: 0.1 }, { compute: 0.05 }]);
  const ideal = (tasks, workers, sharing, cores) =>
    Number(idealMakespan({ tasks, workers, sharing, cores }).toFixed(6));
  assert.equal(ideal(cpu, 1, "cores", 2), 1.6);
  assert.equal(ideal(cpu, 4, "turns", 2), 1.6);
  assert.equal(ideal(cpu, 4, "cores", 2), 0.8);
  assert.equal(ideal(cpu, 4, "cores", 8), 0.4);
  assert.equal(ideal(mixed, 1, "turns", 2), 1.2);
  assert.equal(ideal(mixed, 4, "turns", 2), 0.6);
  assert.equal(ideal(mixed, 4, "cores", 2), 0.4);
  assert.equal(ideal(mixed, 8, "loop", 2), 0.5);
  assert.equal(ideal(times(10, [{ sleep: 3 }]), 5, "turns", 2), 6);
  assert.equal(ideal([], 4, "turns", 2) === -Infinity, true);
  const ends = schedule({ tasks: mixed, workers: 8, sharing: "loop" }).map(({ end }) => Number(end.toFixed(6)));
  assert.deepEqual(ends, [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]);
  assert.deepEqual(schedule({ tasks: [[], [{ compute: 1 }]], workers: 1, sharing: "turns" }), [
    { start: 0, end: 0 },
    { start: 0, end: 1 },
  ]);
});

test("CPython's scatter is within the tolerance, other ways of running are not", () => {
  // The same case on the other build, where the build makes no difference.
  for (const stem of [
    "cpu-process-forkserver",
    "cpu-interp",
    "mixed-interp",
    "mixed-asyncio",
    "mixed-sequential",
    "interp-5x10",
    "asyncio-cpu-hog",
  ]) {
    assert.deepEqual(
      wrong(against(`gil314-${stem}`, reference(`ft314-${stem}`), find(`ft314-${stem}`).base)),
      [],
      stem,
    );
  }
  // By whom a run was, and what has to find out that it is not the case's.
  for (const [id, other, ...found] of [
    ["gil314-cpu-threads", "ft314-cpu-threads", "makespan / ideal"],
    ["ft314-cpu-threads", "gil314-cpu-threads", "makespan / ideal"],
    ["gil314-cpu-threads", "gil314-cpu-sequential", "lanes", "waves", "which overlap", "a call / makespan"],
    ["gil314-cpu-asyncio", "gil314-cpu-threads", "waves", "which overlap", "a call / makespan"],
    ["gil314-cpu-interp", "gil314-cpu-process-fork", "PIDs"],
    ["gil314-cpu-process-spawn", "gil314-cpu-threads", "PIDs", "makespan / ideal"],
    ["gil314-mixed-threads", "gil314-mixed-asyncio-to-thread", "lanes", "first wave"],
    ["gil314-mixed-threads", "gil314-mixed-sequential", "lanes", "first wave", "which overlap", "makespan / ideal"],
    ["gil314-mixed-asyncio", "gil314-mixed-threads", "waves"],
    ["gil314-seed5-process-5x10-forkserver", "gil314-interp-5x10", "PIDs"],
    [
      "gil314-slices-2threads-cpu400ms",
      "ft314-slices-2threads-cpu400ms",
      "a turn",
      "turns taken, of those possible",
      "turns that go to the other thread",
    ],
    ["ft314-slices-2threads-cpu400ms", "gil314-slices-2threads-cpu400ms", "a turn"],
  ]) {
    const checks = wrong(against(id, reference(other), find(other).base ?? find(id).base));
    for (const check of found)
      assert.ok(checks.includes(check), `${other} as ${id}: “${check}” agrees; wrong: ${checks}`);
  }
});

test("each check finds what it is for, and nothing less", () => {
  const edited = (id, edit) => {
    const shape = reference(id);
    edit(shape);
    return wrong(against(id, shape));
  };
  const later = (tasks, from, by) => tasks.forEach((task, n) => n >= from && ((task.start += by), (task.end += by)));

  // Neighbours within a millisecond are left to chance, others are not.
  const swap =
    (apart) =>
    ({ tasks }) => {
      tasks[5].start = tasks[4].start + 0.5;
      [tasks[6].start, tasks[7].start] = [tasks[5].start + 50 + apart, tasks[5].start + 50];
    };
  assert.deepEqual(edited("gil314-mixed-threads", swap(0.9)), []);
  assert.deepEqual(edited("gil314-mixed-threads", swap(1.1)), ["start order"]);
  // The order of forked processes and of subinterpreters is left to chance.
  for (const id of ["gil314-interp-5x10", "gil314-seed5-process-5x10-fork"]) {
    assert.deepEqual(
      edited(id, ({ tasks }) => ([tasks[0].start, tasks[1].start] = [tasks[1].start + 5, tasks[0].start])),
      [],
    );
  }
  assert.deepEqual(
    edited("gil314-mixed-asyncio", ({ tasks }) => ([tasks[2].end, tasks[3].end] = [tasks[3].end, tasks[2].end])),
    ["end order"],
  );

  assert.deepEqual(
    edited("gil314-seed5-process-5x10-spawn", ({ tasks }) => (tasks[9].lane = "1/1")),
    ["lanes"],
  );
  assert.deepEqual(
    edited("gil314-seed5-process-5x10-spawn", ({ tasks }) => (tasks[9].pid = 1)),
    ["PIDs"],
  );
  assert.deepEqual(
    edited("gil314-seed1-threads-simple", ({ tasks }) => later(tasks, 2, 3100)),
    ["waves", "which overlap", "makespan / ideal"],
  );
  assert.deepEqual(
    edited("gil314-seed1-threads-simple", ({ tasks }) => tasks.pop()),
    ["lanes", "waves", "which overlap"],
  );
  assert.deepEqual(
    edited("gil314-seed1-threads-simple", ({ tasks }) => tasks.forEach((task) => (task.end += 600))),
    [],
  );
  assert.deepEqual(
    edited("gil314-seed1-threads-simple", ({ tasks }) => tasks.forEach((task) => (task.end += 800))),
    ["makespan / ideal"],
  );

  // A turn of 6.6 ms is too long, one of 4.4 too short; two threads that do not hand over.
  const stretched =
    (by) =>
    ({ slices }) =>
      slices.forEach((slice) => (slice.end = slice.start + (slice.end - slice.start) * by));
  assert.deepEqual(edited("gil314-slices-4threads-cpu400ms", stretched(1.2)), []);
  assert.deepEqual(edited("gil314-slices-4threads-cpu400ms", stretched(1.35)), ["a turn"]);
  assert.deepEqual(edited("gil314-slices-4threads-cpu400ms", stretched(0.85)), ["a turn"]);

  const moved =
    (n, by) =>
    ({ loop: { ticks } }) =>
      (ticks[n].at += by);
  assert.deepEqual(edited("gil314-asyncio-cpu-hog", moved(11, -10)), ["earliest of the other ticks, ms late"]);
  assert.deepEqual(edited("gil314-asyncio-cpu-hog", moved(5, 30)), [
    "these ticks after its end, ms",
    "earliest of the other ticks, ms late",
  ]);
  assert.equal(edited("gil314-asyncio-cpu-hog", ({ loop }) => (loop.hog.end += 1))[0], "ticks while the hog computes");
  assert.deepEqual(
    edited("gil314-asyncio-cpu-hog", ({ loop: { ticks } }) => ([ticks[3].who, ticks[4].who] = [1, 0])).includes(
      "order of the ticks after it",
    ),
    true,
  );
});

test("how late a sleeper beside a hog is back", () => {
  const shape = (late) => ({
    tasks: [
      { start: 0, end: 700, lane: "hog" },
      { start: 0, end: 600, lane: "io" },
    ],
    wakes: Array.from({ length: 20 }, (_, n) => ({ lane: "io", asleep: 30 * n, ran: 30 * n + 20 + late })),
  });
  const judged = (id, late) => wrong(compare(find(id), undefined, shape(late), {}));
  assert.deepEqual(judged("gil314-sleeper-beside-hog", 5.1), []);
  assert.deepEqual(judged("gil314-sleeper-beside-hog", 7), ["how late it is back, ms"]);
  assert.deepEqual(judged("gil314-sleeper-beside-hog", 0.1), ["how late it is back, ms", "back before an interval"]);
  assert.deepEqual(judged("ft314-sleeper-beside-hog", 0.1), []);
  assert.deepEqual(judged("ft314-sleeper-beside-hog", 5.1), ["how late it is back, ms"]);
  // Nothing seen is nothing shown.
  assert.deepEqual(
    wrong(compare(find("gil314-sleeper-beside-hog"), undefined, { ...shape(5), wakes: [] }, {})).length > 0,
    true,
  );
});

test("calls can be read from the lines that they print", () => {
  const printed = [
    ["f called with argument 10", 1],
    ["f called with argument 2 using PID 7", 2],
    ["f with argument 2 using PID 7 ended", 5],
    ["f with argument 10 ended", 6],
  ];
  const traceEvents = printed.map(([text, ts]) => ({
    ph: "i",
    cat: "stdout",
    name: "stdout",
    pid: 7,
    tid: 7,
    ts: ts * 1000,
    args: { text },
  }));
  const { tasks } = readShape({ otherData: {}, traceEvents }, { lines: true });
  assert.deepEqual(
    tasks.map(({ name, start, end }) => [name, start, end]),
    [
      ["2", 2, 5],
      ["10", 1, 6],
    ],
  );
});

test("a shape is judged on a busy machine too, a time is not", () => {
  const check = (kind, agrees) => ({ kind, agrees });
  assert.equal(verdict([check("shape", true), check("time", true)], true), "agrees");
  assert.equal(verdict([check("shape", true), check("time", false)], true), "busy");
  assert.equal(verdict([check("shape", true), check("time", false)], false), "differs");
  assert.equal(verdict([check("shape", false), check("time", false)], true), "differs");
});
