// Compares the shapes of two runs of a case: CPython's and one here. Pure. Each check says both values, whether they
// agree, and within what and why. What CPython leaves open is not compared: who ends first of equal sleeps, who of the
// subinterpreters or forked processes begins first.

import { CASES, INTERVAL, THEIR_CORES, byLines, workersOn } from "./cases.js";
import {
  alone,
  asRecorded,
  fitted,
  handed,
  ideal,
  lanesOf,
  makespan,
  order,
  pairs,
  share,
  sleepsBesideHog,
  ticks,
  turns,
  waitsAndComputes,
  waves,
} from "./measures.js";
import { median, readShape } from "./shape.js";

/** Begins so close may be stamped in either order, in ms: a worker takes its call first, then looks at the clock. */
const STAMP = 1;
/** From where on CPython's calls overlap for sure, by their share of the shorter one; pairs in between are left out. */
const TOGETHER = 0.5;
const APART = 0.05;
/** Where the line is drawn here. */
const HALF_WAY = 0.25;
/** By how much a makespan, over the ideal one, may differ. */
const MAKESPAN = 0.25;
/** By how much the share of the whole that a computing call lasts may differ. */
const BAR = 0.2;
/** A turn, in switch intervals: from, to. */
const TURN = [0.9, 1.3];
/** How many of the turns that there could be must be taken however busy the machine is. */
const TURNS = 0.1;
/** How late a timer may be beyond CPython's, in ms. */
const TIMER = 5;
/** How soon after the hog the tickers run, in ms. */
const AFTER_HOG = 20;
/** How early a timer may seem, in ms: a step of the coarsest clock. */
const EARLY = 0.1;

/**
 * `there` and `here` are shapes; `about.alone` is how long the case's computing takes alone, in seconds, `about.cores` how
 * many cores there are, `about.sleep(which, seconds)` how long a sleep is: each as `{ there, here }`.
 * Checks of kind `shape` hold on a busy machine too, those of kind `time` want a quiet one.
 */
export function compare(which, there, here, about) {
  return which.checks.flatMap((name) => CHECKS[name](which, there, here, about));
}

const CHECKS = {
  lanes(which, there, here, { cores }) {
    const loop = which.method === "asyncio" && !which.toThread;
    // Where steps are not in the record, the calls' lines say which thread they ran on.
    const count = ({ tasks, loop: { lanes } }) => (loop && lanes) || lanesOf(tasks);
    // The default executor has as many threads as the machine's cores make it.
    const most = (cores) => Math.min(workersOn(which, cores), which.tasks.length);
    const [a, b] = [count(there), count(here)];
    const wanted = which.toThread ? a - most(cores.there) + most(cores.here) : a;
    const why = which.toThread ? `exact; the default executor has min(32, cores + 4) threads` : "exact";
    return [row(loop ? "threads of the loop" : "lanes", "shape", a, b, b === wanted, why)];
  },

  pids(which, there, here) {
    const text = ({ main, tasks }) => {
      const pids = new Set(tasks.map(({ pid }) => pid));
      return `${pids.size}${pids.has(main.pid) ? ", the main program's" : pids.size > 0 ? ", not the main program's" : ""}`;
    };
    const [a, b] = [text(there), text(here)];
    return [row("PIDs", "shape", a, b, a === b, "exact")];
  },

  start(which, there, here) {
    const rows = [];
    if (which.certain.start) {
      const ours = order(here.tasks, "start");
      const single = ["sequential", "asyncio"].includes(which.method) && !which.toThread;
      const good = single ? inOrder(ours) : nearlyInOrder(here.tasks);
      const why = single
        ? "exact"
        : `in the order of submission; two that begin within ${STAMP} ms may be stamped the other way round`;
      rows.push(row("start order", "shape", order(there.tasks, "start").join(" "), ours.join(" "), good, why));
    }
    if (which.certain.end) {
      const [a, b] = [order(there.tasks, "end"), order(here.tasks, "end")];
      rows.push(
        row("end order", "shape", a.join(" "), b.join(" "), a.join() === b.join(), "exact: one thread, equal calls"),
      );
    }
    return rows;
  },

  waves(which, there, here) {
    const [a, b] = [waves(there.tasks), waves(here.tasks)];
    if (waitsAndComputes(which)) {
      // As in `lanes`: a default executor's workers are as many as the cores make them.
      const more = which.toThread ? [here, there].map(({ tasks }) => lanesOf(tasks)).reduce((a, b) => a - b) : 0;
      return [
        row("first wave", "time", a[0], b[0], b[0] === a[0] + more, "exact; how the later ones fall is left to chance"),
      ];
    }
    return [
      row(
        "waves",
        "shape",
        a.join(" + "),
        b.join(" + "),
        a.join() === b.join(),
        "exact: a wave begins when a call of the one before has ended",
      ),
    ];
  },

  overlap(which, there, here, { cores }) {
    const chance = waitsAndComputes(which);
    const first = chance ? Math.min(lanesOf(there.tasks), workersOn(which, cores.here)) : there.tasks.length;
    let [together, apart, wrong] = [0, 0, []];
    for (const [i, j] of pairs(first)) {
      const [a, b] = [there, here].map(({ tasks }) => (tasks[i] && tasks[j] ? share(tasks[i], tasks[j]) : NaN));
      if (a >= TOGETHER) {
        together++;
        if (!(b >= HALF_WAY)) wrong.push(`${i}–${j}`);
      } else if (a <= APART) {
        apart++;
        if (!(b <= HALF_WAY)) wrong.push(`${i}–${j}`);
      }
    }
    const text = `${together} pairs at once${apart ? `, ${apart} not` : ""}`;
    const ours =
      wrong.length === 0
        ? "the same"
        : `other for ${wrong.slice(0, 6).join(", ")}${wrong.length > 6 ? ` and ${wrong.length - 6} more` : ""}`;
    const why = `${chance ? "calls of the first wave; " : ""}each pair that there overlaps by ${TOGETHER * 100} % of the shorter (or by less than ${APART * 100} %) overlaps here by ${HALF_WAY * 100} % (or less): workers come up at different times`;
    // Calls as short as a worker's coming up depend on how busy the machine is.
    return [
      row(
        "which overlap",
        chance ? "time" : "shape",
        text,
        ours,
        wrong.length === 0 && here.tasks.length === there.tasks.length,
        why,
      ),
    ];
  },

  makespan(which, there, here, about) {
    const [a, b] = ["there", "here"].map((where) => {
      const tasks = (where === "there" ? there : here).tasks;
      return makespan(tasks) / 1000 / ideal(which, about, where);
    });
    const good = Math.abs(b / a - 1) <= MAKESPAN;
    const why = `±${MAKESPAN * 100} %: CPython's own five runs of a case lie up to 22 % from their middle`;
    return [row("makespan / ideal", "time", a.toFixed(2), b.toFixed(2), good, why)];
  },

  bars(which, there, here) {
    const middle = ({ tasks }) => median(tasks.map(({ start, end }) => end - start)) / makespan(tasks);
    const [a, b] = [middle(there), middle(here)];
    const why = `±${BAR}: CPython's own are 0.86 to 0.99, as their workers come up; calls one after another have 0.25`;
    return [row("a call / makespan", "time", a.toFixed(2), b.toFixed(2), Math.abs(a - b) <= BAR, why)];
  },

  slices(which, there, here) {
    const middle = ({ slices }) => median(slices.map(({ start, end }) => end - start));
    const [a, b] = [middle(there), middle(here)];
    if (!which.gil) {
      const why = `at least ${20 * INTERVAL} ms: without a GIL only the operating system ends a turn, and here none is seen to end`;
      return [row("a turn", "time", ms(a), ms(b), b >= 20 * INTERVAL, why)];
    }
    const turn = (length) => `${(length / INTERVAL).toFixed(2)} intervals`;
    const [least, most] = TURN.map((count) => count * INTERVAL);
    const rows = [
      row(
        "a turn",
        "time",
        turn(a),
        turn(b),
        b >= least && b <= most,
        `${TURN[0]} to ${TURN[1]}: who waits asks after a whole interval, so no shorter (but for turns that the main thread cuts); a browser's thread wakes up to 1 ms later`,
      ),
      row(
        "turns taken, of those possible",
        "shape",
        turns(there),
        turns(here),
        turns(here) >= TURNS,
        `at least ${TURNS}: on a busy machine who is woken up waits for a core too; how long a turn is, is judged by itself`,
      ),
    ];
    if (which.tasks.length === 2) {
      const [c, d] = [handed(there), handed(here)];
      rows.push(
        row(
          "turns that go to the other thread",
          "shape",
          c.toFixed(2),
          d.toFixed(2),
          d >= 0.9,
          "at least 0.9: a forced switch waits until another has the lock",
        ),
      );
    }
    return rows;
  },

  hog(which, there, here) {
    const text = (numbers) => numbers.map((number) => number.toFixed(1)).join(" to ");
    const [a, b] = [ticks(there), ticks(here)];
    const rows = [
      row(
        "ticks while the hog computes",
        "shape",
        a.during,
        b.during,
        b.during === a.during,
        "exact: nobody else has the thread",
      ),
      row(
        "order of the ticks after it",
        "shape",
        a.order,
        b.order,
        a.order === b.order,
        "exact: all are due, and run in the order of creation",
      ),
      row(
        "these ticks after its end, ms",
        "time",
        text(a.after),
        text(b.after),
        b.after[1] <= AFTER_HOG,
        `at most ${AFTER_HOG}: they were due some 900 ms before`,
      ),
      row(
        "earliest of the other ticks, ms late",
        "shape",
        a.late[0].toFixed(2),
        b.late[0].toFixed(2),
        b.late[0] >= -EARLY,
        `at least -${EARLY}: no timer runs early; that is the clock's step`,
      ),
      row(
        "middle of the other ticks, ms late",
        "time",
        a.late[1].toFixed(2),
        b.late[1].toFixed(2),
        b.late[1] <= a.late[1] + TIMER,
        `at most ${TIMER} more: browsers' timers wait up to 4 ms longer`,
      ),
      row("ticks", "shape", a.count, b.count, a.count === b.count, "exact"),
    ];
    return rows;
  },

  wakes(which, there, here) {
    const late = sleepsBesideHog(which, here);
    const [least, middle, most] = which.figures;
    const b = late.length ? median(late) : NaN;
    const text = `${middle} (${least} to ${most})`;
    const ours = late.length
      ? `${b.toFixed(2)} (${Math.min(...late).toFixed(2)} to ${Math.max(...late).toFixed(2)})`
      : "none";
    const [good, why] = which.gil
      ? [
          b >= TURN[0] * INTERVAL && b <= TURN[1] * INTERVAL,
          `the middle ${TURN[0] * INTERVAL} to ${TURN[1] * INTERVAL}: it asks for the lock anew each time, and waits an interval`,
        ]
      : [b <= 1, "the middle at most 1: no lock to wait for; a browser wakes a thread up within tenths of a ms"];
    const rows = [row("how late it is back, ms", "time", text, ours, good, why)];
    // However busy the machine: the interval has to go by.
    if (which.gil)
      rows.push(
        row(
          "back before an interval",
          "shape",
          "no",
          b < TURN[0] * INTERVAL ? "yes" : "no",
          !(b < TURN[0] * INTERVAL),
          "exact, of the middle one",
        ),
      );
    return rows;
  },
};

const row = (check, kind, there, here, agrees, tolerance) => ({
  check,
  kind,
  cpython: String(typeof there === "number" ? round(there) : there),
  here: String(typeof here === "number" ? round(here) : here),
  agrees,
  tolerance,
});
const round = (number) => Number(number.toFixed(2));
const ms = (time) => `${time.toFixed(time < 10 ? 2 : 0)} ms`;

const inOrder = (numbers) => numbers.every((number, i) => number === i);

/** In order, but for neighbours that began at nearly the same time. */
function nearlyInOrder(tasks) {
  return order(tasks, "start").every(
    (n, i) => Math.abs(n - i) <= 1 && Math.abs(tasks[n].start - tasks[i].start) <= STAMP,
  );
}

/** What comes of the checks: `agrees`, `differs` (a shape, or a time on a quiet machine), `busy` (only times, disturbed). */
export function verdict(checks, disturbed) {
  const wrong = checks.filter(({ agrees }) => !agrees);
  if (wrong.length === 0) return "agrees";
  return disturbed && wrong.every(({ kind }) => kind === "time") ? "busy" : "differs";
}

/**
 * One round of a case: the checks of CPython's run and one here, by an engine whose sleeps of seconds are shortened by
 * `scale`. `reference(id)` is the file of a recorded run, `trace(which)` one of a run here.
 */
export async function compareRuns(which, { reference, trace }, { engine, cores, scale }) {
  const there = async ({ reference: id }) => id && readShape(await reference(id));
  const here = async (which) => readShape(await trace(which), { lines: byLines(which, engine) });
  const sleep = { there: asRecorded, here: fitted(engine, scale) };
  const base = which.base && CASES.find(({ id }) => id === which.base);
  const times = base && { there: alone(base, await there(base)), here: alone(base, await here(base), sleep.here) };
  const about = { alone: times, cores: { there: THEIR_CORES, here: cores }, sleep };
  return compare(which, await there(which), await here(which), about);
}
