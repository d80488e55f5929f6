// The examples that are programs, by the Python engine: they print what CPython prints, and show what they say.

import assert from "node:assert/strict";

import { loadEngine } from "./browser.mjs";
import { inQuiet } from "./machine.mjs";
import { checkLines, pythonTest, runProgram, texts } from "./python.mjs";

/** The numbers that the lines end or begin with, by their other words. */
const numbers = (report) => texts(report).map((line) => line.match(/[\d.]+(?= (?:ms|s|turns|times|of))/g)?.map(Number) ?? []);
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const ofState = ({ trace }, state) => trace.spans.filter((span) => span.state === state);
const workers = ({ trace }) => trace.lanes.filter(({ kind }) => kind === "worker");

/** What else is to be seen: in what is printed and in the chart. */
const SHOWS = {
  exceptions(report) {
    assert.match(texts(report, "stderr").at(-1), /ZeroDivisionError: division by zero$/);
    assert.ok(texts(report, "stderr").some((line) => /File "example\.py", line \d+, in divide/.test(line)));
  },
  cancel(report) {
    assert.equal(workers(report).length, 2);
    const states = report.results.map(({ state }) => state);
    assert.deepEqual(states.slice(0, 2), ["FINISHED", "FINISHED"]);
    assert.ok(states.length === 8 && states.slice(2).every((state) => ["PENDING", "CANCELLED"].includes(state)), `${states}`);
  },
  "dead-worker"(report) {
    const pids = new Set(report.trace.lanes.map(({ pid }) => pid));
    assert.equal(pids.size, 3, "the program's process and two workers");
  },
  race(report, gil) {
    const [, [counted]] = numbers(report);
    if (gil) assert.equal(counted, 60_000);
  },
};

pythonTest("each program prints what CPython prints", {}, async (page, t) => {
  await loadEngine(page);
  const examples = await page.evaluate(() => scope.examples().filter(({ kind }) => kind === "program"));
  assert.equal(examples.length, 14);
  for (const { id, program, gil } of examples) {
    assert.match(program, /^# Run: python3\.14t? example\.py\n/, id);
    // It never ends: below.
    if (id === "deadlock") continue;
    for (const mode of [gil, !gil]) {
      await t.test(`${id}, ${mode ? "with the GIL" : "free-threaded"}`, async () => {
        const report = await runProgram(page, { example: id, gil: mode });
        assert.deepEqual([report.end, report.failure], ["complete", null], texts(report, "stderr").join("\n"));
        checkLines(texts(report), id);
        SHOWS[id]?.(report, mode);
      });
    }
  }
});

pythonTest("an example's own mode is taken where the request has none", {}, async (page) => {
  await loadEngine(page);
  const first = async (request) => texts(await runProgram(page, request))[0];
  assert.equal(await first({ example: "race" }), "is there a GIL? False");
  assert.equal(await first({ example: "race", gil: true }), "is there a GIL? True");
});

pythonTest("a deadlock is told, or stopped before", {}, async (page) => {
  await loadEngine(page);
  const told = await runProgram(page, { example: "deadlock" });
  assert.equal(told.end, "deadlock");
  checkLines(texts(told), "deadlock");
  const report = await runProgram(page, { example: "deadlock" }, { stopWhen: "Bob has one lock and wants the other" });
  checkLines(texts(report), "deadlock");
  assert.ok(["stopped", "deadlock"].includes(report.end), report.end);
  assert.equal((await runProgram(page, { source: "print('next')" })).end, "complete");
});

pythonTest("a race loses without the GIL", {}, async (page) => {
  await loadEngine(page);
  const counts = [];
  // Three threads that happen to run one after the other lose nothing.
  for (let i = 0; i < 10 && !counts.some((count) => count < 60_000); i++) {
    counts.push(numbers(await runProgram(page, { example: "race", gil: false }))[1][0]);
  }
  assert.ok(counts.at(-1) < 60_000, `counted ${counts}`);
});

pythonTest("a convoy: late by a switch interval beside a thread that computes, with the GIL", {}, async (page, t) => {
  await loadEngine(page);
  const round = async () => {
    const late = async (request) => numbers(await runProgram(page, { example: "convoy", ...request })).map(([number]) => number);
    return { gil: await late({}), slow: await late({ switchInterval: 0.02 }), free: await late({ gil: false }) };
  };
  await inQuiet(t, 3, round, ({ gil, slow, free }) => {
    const said = JSON.stringify({ gil, slow, free });
    assert.ok(gil[0] < 2 && gil[1] > 4.5 && gil[1] < 12, said);
    assert.ok(slow[1] > 19 && slow[1] < 40, said);
    assert.ok(free[1] < 2, said);
  });
});

pythonTest("a shorter switch interval means more turns", {}, async (page, t) => {
  await loadEngine(page);
  const round = () => runProgram(page, { example: "switch-interval" });
  await inQuiet(t, 3, round, (report) => {
    const [short, normal, long] = numbers(report).map(([, turns]) => turns);
    assert.ok(short > 2 * normal && normal > 2 * long && long >= 2, `${[short, normal, long]} turns`);
    // The slices of the last third: about as long as the interval.
    const from = report.analysis.duration - 320;
    const slices = ofState(report, "on-cpu").filter(({ start, end, lane }) => lane > 0 && start > from && end - start > 20);
    const length = median(slices.map(({ start, end }) => end - start));
    assert.ok(length > 45 && length < 70, `slices of ${length} ms at an interval of 50`);
  });
});

pythonTest("what crosses costs: parcels and pickles", {}, async (page, t) => {
  await loadEngine(page);
  const round = async () => {
    const times = async (example) => numbers(await runProgram(page, { example })).flatMap((all) => all.slice(-1));
    return { chunks: await times("chunksize"), pickles: await times("pickling") };
  };
  await inQuiet(t, 3, round, ({ chunks, pickles }) => {
    const said = JSON.stringify({ chunks, pickles });
    assert.ok(chunks[0] > 5 * chunks.at(-1), said);
    assert.ok(pickles[0] > 1.5 * pickles[2], said);
  });
});

pythonTest("when results come: map() and as_completed(); semaphores in waves; a loop that is blocked", {}, async (page, t) => {
  await loadEngine(page);
  const round = async () => {
    const get = (example) => runProgram(page, { example });
    return [await get("map-as-completed"), await get("semaphore"), await get("blocking-call")];
  };
  await inQuiet(t, 3, round, ([order, waves, blocking]) => {
    assert.deepEqual(numbers(order).map((all) => all.at(-1)), [0.6, 0.6, 0.6, 0.2, 0.4, 0.6]);
    const times = waves.output.filter(({ text }) => text.startsWith("download")).map(({ time }) => time);
    for (const first of [0, 4, 8]) assert.ok(times[first + 3] - times[first] < 60, `${times}`);
    for (const first of [4, 8]) {
      const wait = times[first] - times[first - 4];
      assert.ok(wait > 195 && wait < 300, `${times}`);
    }
    const [, [ticks]] = numbers(blocking);
    assert.ok(ticks >= 8 && ticks <= 10, `${ticks} ticks`);
  });
});
