// What is measured of a shape, CPython's or one here, and of the schedule that would be ideal. Pure; it judges nothing.

import { INTERVAL, sleepIn, workersOn } from "./cases.js";
import { idealMakespan } from "./ideal.js";
import { median } from "./shape.js";

/** How many lanes the calls ran on. */
export const lanesOf = (tasks) => new Set(tasks.map(({ lane }) => lane)).size;

/** Whether the calls of a pool both wait and compute: then chance decides who overlaps whom, but for the first ones. */
export const waitsAndComputes = ({ tasks, method, toThread }) =>
  tasks[0].length > 1 && (toThread || !["sequential", "asyncio"].includes(method));

/** The calls' numbers, by when they began or ended. */
export const order = (tasks, key) => tasks.map((_, n) => n).sort((a, b) => tasks[a][key] - tasks[b][key] || a - b);
/** From the first begin to the last end, in ms. */
export const makespan = (tasks) =>
  Math.max(...tasks.map(({ end }) => end)) - Math.min(...tasks.map(({ start }) => start));

/** Sizes of waves: calls that begin before any call of the wave has ended. */
export function waves(tasks) {
  const sizes = [];
  let until = -Infinity;
  for (const { start, end } of tasks.toSorted((a, b) => a.start - b.start)) {
    if (start >= until) {
      sizes.push(0);
      until = end;
    }
    sizes[sizes.length - 1]++;
    until = Math.min(until, end);
  }
  return sizes;
}

/** All pairs of so many. */
export function* pairs(count) {
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) yield [i, j];
}

/** How much of the shorter one the two have in common. */
export function share(a, b) {
  const both = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return Math.max(0, both) / Math.min(a.end - a.start, b.end - b.start);
}

/** The ideal schedule's makespan, in seconds. */
export function ideal(which, { alone, cores, sleep }, where) {
  const step = (step) => (step.compute ? { compute: alone[where] } : { sleep: sleep[where](which, step.sleep) });
  return idealMakespan({
    tasks: which.tasks.map((task) => task.map(step)),
    workers: workersOn(which, cores[where]),
    sharing: which.sharing,
    cores: cores[where],
  });
}

/** How long the computing of one call takes, in seconds: from a run of the calls one after another. */
export function alone(which, { tasks }, sleep = asRecorded) {
  const asleep = which.tasks[0].reduce((sum, step) => sum + (step.sleep ? sleep(which, step.sleep) : 0), 0);
  return median(tasks.map(({ start, end }) => (end - start) / 1000)) - asleep;
}

/** CPython's sleeps are as long as they say. */
export const asRecorded = (_, seconds) => seconds;
/** An engine's are fitted to it. */
export const fitted = (engine, scale) => (which, seconds) => sleepIn(which, engine, scale, seconds);

/** How many turns there were, for each interval in which somebody computed. */
export function turns({ slices }) {
  return (slices.length * INTERVAL) / slices.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Which share of the turns came after one of the other thread, as long as both were there. */
export function handed({ slices }) {
  const lanes = slices.toSorted((a, b) => a.start - b.start).map(({ lane }) => lane);
  const both = lanes.slice(0, Math.min(...[...new Set(lanes)].map((lane) => lanes.lastIndexOf(lane))) + 1);
  if (both.length < 2) return 0;
  return both.slice(1).filter((lane, i) => lane !== both[i]).length / (both.length - 1);
}

/** Of the tickers, in ms. */
const INTERVALS = [200, 210, 220];

/** What the tickers did beside the hog. */
export function ticks({ loop: { ticks, hog } }) {
  const next = ticks.filter(({ at }) => at >= hog.end).slice(0, 3);
  const after = next.map(({ at }) => at - hog.end);
  const late = [];
  const last = new Map();
  for (const tick of ticks) {
    // Due an interval after the one before; those that the hog delays are not counted here.
    const due = last.has(tick.who) ? last.get(tick.who) + INTERVALS[tick.who] : undefined;
    if (due !== undefined && !next.includes(tick)) late.push(tick.at - due);
    last.set(tick.who, tick.at);
  }
  return {
    count: ticks.length,
    during: ticks.filter(({ at }) => at > hog.start && at < hog.end).length,
    order: next.map(({ who }) => who).join(" "),
    after: [Math.min(...after), Math.max(...after)],
    late: late.length ? [Math.min(...late), median(late)] : [NaN, NaN],
  };
}

/** How late the sleeping thread ran again each time, in ms, as long as the hog computed. */
export function sleepsBesideHog(which, { tasks, wakes }) {
  const [hog, io] = tasks;
  const sleep = which.tasks[1][0].sleep * 1000;
  return wakes
    .filter(({ lane, asleep }) => lane === io.lane && asleep > hog.start && asleep + sleep + 2 * INTERVAL < hog.end)
    .map(({ asleep, ran }) => ran - asleep - sleep);
}
