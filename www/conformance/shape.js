// What a trace is compared by, read from Chrome trace events: CPython's recorded runs and this project's own have one form.
// Pure: no browser, no clock. Times are milliseconds.

/** `{ kind, start, end, … }`; the lane of an event is its process and thread. */
const stretch = ({ name, pid, tid, ts, dur = 0, args = {} }) => ({
  name,
  pid,
  lane: `${pid}/${tid}`,
  start: ts / 1000,
  end: (ts + dur) / 1000,
  args,
});

/** Lines that the examples' functions print when they begin and end, with what names the call. */
const BEGINS = /^\w+ called with arguments? (.*?)(?: using PID \d+)?$/;
const ENDS = /^\w+ with arguments? (.*?)(?: using PID \d+)? ended$/;
const TICK = /^ticker (\d+) ticks$/;

/**
 * Reads a trace. With `lines`, when a call began and ended is what its own lines say: for programs whose calls are in no
 * executor, and where the record has more in a call than the function itself.
 */
export function readShape({ otherData, traceEvents }, { lines = false } = {}) {
  const of = (cat, ph = "X") => traceEvents.filter((event) => event.ph === ph && event.cat === cat).map(stretch);
  const printed = of("stdout", "i").toSorted((a, b) => a.start - b.start);
  const steps = of("asyncio.step");
  const start = of("run", "i")[0];
  return {
    from: otherData.case,
    main: start && { pid: start.pid, lane: start.lane },
    tasks: lines ? tasksFromLines(printed) : tasksFromSpans(of("task")),
    loop: loop(steps, printed),
    slices: slices(of, start),
    wakes: wakes(of("state")),
  };
}

/** In the order of submission. A coroutine that waits for a thread is not the call that runs there. */
function tasksFromSpans(spans) {
  return spans
    .filter(({ name }) => !name.startsWith("to_thread("))
    .toSorted((a, b) => a.args.n - b.args.n)
    .map(({ name, pid, lane, start, end }) => ({ name, pid, lane, start, end }));
}

/** In the order of the arguments, which is that of submission in all examples. */
function tasksFromLines(printed) {
  const calls = new Map();
  for (const {
    args: { text },
    pid,
    lane,
    start,
  } of printed) {
    const [begins, ends] = [BEGINS.exec(text), ENDS.exec(text)];
    if (begins) calls.set(begins[1], { name: begins[1], pid, lane, start, end: NaN });
    if (ends && calls.has(ends[1])) calls.get(ends[1]).end = start;
  }
  return [...calls.values()].toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** The event loop's thread(s), the tickers' ticks and the hog's computing; by steps where the trace has them all. */
function loop(steps, printed) {
  const lanes = new Set(steps.map(({ lane }) => lane));
  const ticks = [];
  let hog;
  for (const {
    args: { text },
    start,
    lane,
  } of printed) {
    const tick = TICK.exec(text);
    if (tick) ticks.push({ who: Number(tick[1]), at: start });
    if (tick || text.startsWith("hog ")) lanes.add(lane);
    if (text === "hog computes") hog = { start, end: NaN };
    if (text === "hog is done" && hog) hog.end = start;
  }
  if (ticks.length === 0) {
    for (const { name, start } of steps) {
      const step = /^tick\((\d+)\)#(\d+)$/.exec(name);
      // The step before the first sleep is no tick.
      if (step && step[2] !== "0") ticks.push({ who: Number(step[1]), at: start });
    }
    hog ??= steps.find(({ name }) => name.startsWith("hog()"));
  }
  // Several within one step of the clock are in the order in which they are in the record.
  return {
    lanes: lanes.size,
    ticks: ticks.toSorted((a, b) => a.at - b.at),
    hog: hog && { start: hog.start, end: hog.end },
  };
}

/** Stretches in which one thread ran: by the lock where there is one, else by what ran at all. The main thread's apart. */
function slices(of, start) {
  const recorded = of("run");
  if (recorded.length > 0) return recorded.map(({ lane, start, end }) => ({ lane, start, end }));
  const holds = of("gil").map(({ pid, args, start, end }) => ({ lane: `${pid}/${args.tid}`, start, end }));
  const ran = of("state").filter(({ args }) => args.state === "on-cpu" && args.task !== undefined);
  const all = holds.length > 0 ? holds : ran.map(({ lane, start, end }) => ({ lane, start, end }));
  return joined(all.filter(({ lane }) => lane !== start?.lane));
}

/** What touches is one slice. */
function joined(slices) {
  const last = new Map();
  const whole = [];
  for (const slice of slices.toSorted((a, b) => a.start - b.start)) {
    const before = last.get(slice.lane);
    if (before && slice.start - before.end < 0.01) before.end = Math.max(before.end, slice.end);
    else {
      whole.push({ ...slice });
      last.set(slice.lane, whole.at(-1));
    }
  }
  return whole;
}

/** For each sleep: when it began, and when its thread ran again, after it had waited for the lock. */
function wakes(states) {
  const asleep = new Map();
  const wakes = [];
  for (const {
    lane,
    args: { state },
    start,
    end,
  } of states.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const sleep = asleep.get(lane);
    // What a thread does between two sleeps may be too short for the clock, and then is not in the record.
    const waits = state === "waiting-for-gil" || (state === "waiting-for-io" && sleep?.state === state);
    if (sleep && waits) Object.assign(sleep, { state, ran: end });
    else {
      if (sleep) wakes.push({ lane, asleep: sleep.asleep, ran: sleep.ran });
      asleep.delete(lane);
      if (state === "waiting-for-io") asleep.set(lane, { state, asleep: start, ran: end });
    }
  }
  return wakes;
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
