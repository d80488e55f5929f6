// The conformance run: every recorded case of CPython, carried out by both engines in a browser, and compared.
//
//     node tests/conformance/run.mjs [--short] [--verbose] [--only TEXT] [--engine light|python] [--write] [--note TEXT]
//
// `--short` shortens sleeps of seconds and leaves out what repeats itself; `--write` keeps the table for the page
// www/conformance, with a note about the machine. Fails if anything differs; what could be judged only by times, while
// others computed, does not fail.

import { writeFileSync } from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";

import { CASES, noCounterpart } from "../../www/conformance/cases.js";
import { compareRuns, verdict } from "../../www/conformance/compare.js";
import { bePatient, inQuiet } from "../page/machine.mjs";
import { WWW, hasPython, recorded, withRunner } from "./page.mjs";

const RESULTS = `${WWW}conformance/results.json`;
/** How often a case may be run until it agrees. */
const ROUNDS = { whole: 3, short: 2 };
/** By how much sleeps of seconds are shortened: not at all, as they were recorded; or as far as workers come up in time. */
const SCALES = { whole: { light: 1, python: 1 }, short: { light: 0.2, python: 0.5 } };
/** How long quiet moments are waited for in all, in ms. */
const PATIENCE = { whole: 60_000, short: 15_000 };
/** Cases that repeat another one's shape, by engine: the short form leaves them out. */
const REPEATS = {
  light: /seed[26]|ft314-(asyncio|interp|.*process)/,
  python: /seed[26]|ft314-(?!cpu-threads|slices-2|sleeper)/,
};

const WORDS = {
  agrees: "agrees",
  differs: "DIFFERS",
  failed: "FAILED",
  busy: "not judged: busy",
  none: "no counterpart",
};

const { values: options } = parseArgs({
  options: {
    short: { type: "boolean" },
    verbose: { type: "boolean" },
    write: { type: "boolean" },
    only: { type: "string", default: "" },
    engine: { type: "string" },
    note: { type: "string" },
  },
});
const form = options.short ? "short" : "whole";

/** One row of the table: as many rounds as there may be, until all checks agree. */
async function row(runner, which, engine) {
  const { id, title, method, start, gil } = which;
  const about = { id, title, method, start: start ?? null, gil, engine };
  const none = noCounterpart(which, engine, runner);
  if (none) return { ...about, verdict: "none", why: none, rounds: 0, checks: [] };
  let best;
  let rounds = 0;
  const runs = {
    reference: recorded,
    trace: (which) => runner.trace(which, engine, { round: rounds }),
  };
  const round = () => {
    rounds++;
    return compareRuns(which, runs, { engine, cores: os.availableParallelism(), scale: SCALES[form][engine] });
  };
  const wrong = (checks) => checks.filter(({ agrees }) => !agrees).length;
  const judge = (checks) => {
    if (!best || wrong(checks) < wrong(best)) best = checks;
    if (wrong(checks) > 0) throw new Error(`${wrong(checks)} checks differ`);
  };
  let busy = false;
  try {
    await inQuiet({ diagnostic() {}, skip: () => (busy = true) }, ROUNDS[form], round, judge);
  } catch (error) {
    if (!best) return { ...about, verdict: "failed", why: error.message.split("\n")[0], rounds, checks: [] };
  }
  return { ...about, verdict: verdict(best, busy), rounds, checks: best };
}

function show({ id, engine, verdict, why, checks, rounds }) {
  const said = [
    WORDS[verdict],
    why,
    verdict === "agrees" && `${checks.length} checks`,
    rounds > 1 && `round ${rounds}`,
  ];
  console.log(`${id.padEnd(42)} ${engine.padEnd(6)} ${said.filter(Boolean).join(", ")}`);
  for (const { check, cpython, here, agrees, tolerance } of checks) {
    if (options.verbose || !agrees)
      console.log(`    ${agrees ? " " : "!"} ${check}: CPython ${cpython}, here ${here} (${tolerance})`);
  }
}

bePatient(PATIENCE[form]);
if (!hasPython) console.log("The Python engine is not built (make python): its rows are left out.");
const engines = (hasPython ? ["light", "python"] : ["light"]).filter((engine) =>
  [undefined, engine].includes(options.engine),
);
const cases = (engine) =>
  CASES.filter(({ id }) => id.includes(options.only) && !(options.short && REPEATS[engine].test(id)));
const date = new Date().toISOString().slice(0, 10);
const rows = [];
const scales = Object.fromEntries(engines.map((engine) => [engine, SCALES[form][engine]]));
const browser = await withRunner(scales, async (runner) => {
  for (const engine of engines) {
    for (const which of cases(engine)) {
      rows.push(await row(runner, which, engine));
      show(rows.at(-1));
    }
  }
  return runner.browser;
});

const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
console.log(
  Object.entries(WORDS)
    .map(([verdict, words]) => `${words.toLowerCase()}: ${count(verdict)}`)
    .join("; "),
);
if (options.write) {
  const about = {
    date,
    form,
    browser: `Chromium ${browser}`,
    cores: os.availableParallelism(),
    note: options.note,
  };
  // A row in a line, for whoever reads what changed.
  const lines = rows.map((row) => JSON.stringify(row)).join(",\n");
  writeFileSync(RESULTS, `${JSON.stringify(about).slice(0, -1)},"rows":[\n${lines}\n]}\n`);
  console.log("Written to www/conformance/results.json");
}
process.exitCode = count("differs") + count("failed") > 0 ? 1 : 0;
