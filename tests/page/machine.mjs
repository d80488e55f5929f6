// What this machine is doing, from /proc: who computes, and how much. On other systems it knows nothing.

import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Whether anything can be known here. */
export const known = process.platform === "linux";

/** Kernels count processor time in hundredths of a second, whatever their own clock does. */
const TICK = 10;

/** A file of /proc; empty if its process has ended. */
function read(file) {
  try {
    return readFileSync(`/proc/${file}`, "utf8");
  } catch {
    return "";
  }
}

/** The processes that this one has started, and those that they have: the browser's. */
function mine() {
  const parents = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    // The name, in brackets, may contain anything.
    const fields = read(`${pid}/stat`).replace(/^.*\) /s, "").split(" ");
    if (fields.length > 1) parents.set(Number(pid), Number(fields[1]));
  }
  const found = [process.pid];
  for (const parent of found) {
    for (const [pid, of] of parents) if (of === parent) found.push(pid);
  }
  return found.slice(1);
}

/** The processor time that the browser has used so far, in ms. */
function browserTime() {
  const times = mine().map((pid) => read(`${pid}/stat`).replace(/^.*\) /s, "").split(" "));
  // utime and stime; a process that has ended in the meantime counts for nothing.
  return times.reduce((sum, fields) => sum + (Number(fields[11]) || 0) + (Number(fields[12]) || 0), 0) * TICK;
}

/** How many workers live in the browser: each is a thread of that name. */
function workers() {
  if (!known) return 0;
  const threads = mine().flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((tid) => read(`${pid}/task/${tid}/comm`));
    } catch {
      return [];
    }
  });
  return threads.filter((name) => name.startsWith("DedicatedWorker")).length;
}

/** How much of a processor the browser uses from now on, for so many ms. */
export async function browserUse(time) {
  const [before, began] = [browserTime(), performance.now()];
  await sleep(time);
  return (browserTime() - before) / (performance.now() - began);
}

/** Chromium ends a worker that is blocked or busy two seconds after it was terminated, in ms; and some more. */
const LINGER = 6000;

/** Waits until the browser has nothing to do, as long as that may take. */
export async function browserIdle() {
  const until = performance.now() + LINGER;
  while (known && (await browserUse(100)) > 0.1 && performance.now() < until);
}

/** Waits until no worker is left; returns how many there are if they do not go. */
export async function workersLeft() {
  const until = performance.now() + LINGER;
  while (known && workers() > 0 && performance.now() < until) await sleep(50);
  return workers();
}

/** The memory that all the browser's processes have in use, in MB; what they share counts once. */
export function browserMemory() {
  const sizes = mine().map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`${pid}/smaps_rollup`))?.[1] ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

/** The processor time that everybody but the browser and this process has used so far, in ms; stolen time too. */
function othersTime() {
  const [user, nice, system, , , irq, softirq, steal] = read("stat").split("\n")[0].split(/\s+/).slice(1).map(Number);
  const own = process.cpuUsage();
  return (user + nice + system + irq + softirq + steal) * TICK - browserTime() - (own.user + own.system) / 1000;
}

/** The share of a processor above which others disturb: the kernel's own work and a shell are below it. */
const DISTURBED = 0.15;
/** For how long, in ms, quiet moments are waited for in one file of tests. */
let patience = 30_000;

/** Has quiet moments waited for that long in all, in ms. */
export function bePatient(time) {
  patience = time;
}

/** Waits until nobody else computes, but not for ever. */
async function quiet() {
  const began = performance.now();
  for (let calm = 0; calm < 2 && performance.now() - began < patience; ) {
    const before = othersTime();
    await sleep(200);
    calm = othersTime() - before < 200 * DISTURBED ? calm + 1 : 0;
  }
  patience -= performance.now() - began;
}

/**
 * Judges times by the best of `rounds` rounds. `round` measures and returns what it found, and throws if that is wrong
 * whatever the times are; `judge` throws if the times are not as they should be.
 *
 * Why more than one: bounds hold for a machine that has nothing else to do. Whoever else computes takes a share of the
 * processors, and not the same share from one thread as from four that take turns. A test cannot stop that; so when a
 * round is not as it should be, it waits for a quiet moment and measures again. Bounds are never widened. A machine on
 * which others computed in every round cannot judge times at all: then the test is skipped, and says so.
 */
export async function inQuiet(t, rounds, round, judge) {
  let disturbed = 0;
  for (let i = 1; ; i++) {
    if (known && i > 1) await quiet();
    const [before, began] = [known ? othersTime() : 0, performance.now()];
    const found = await round();
    const share = known ? (othersTime() - before) / (performance.now() - began) : 0;
    try {
      return judge(found);
    } catch (error) {
      t.diagnostic(`round ${i}, others took ${share.toFixed(2)} of a processor: ${error.message}`);
      if (share > DISTURBED) disturbed++;
      if (i < rounds) continue;
      if (disturbed < rounds) throw error;
      return t.skip("others computed all the time: this machine cannot judge times now");
    }
  }
}
