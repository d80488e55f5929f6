// What is broken on purpose is found: by recorded runs of it, and by fresh ones where the Python engine is built.
// CONFORMANCE_WRITE=1 records anew.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { THEIR_CORES, byLines } from "../../www/conformance/cases.js";
import { compare, compareRuns, verdict } from "../../www/conformance/compare.js";
import { alone, asRecorded, fitted } from "../../www/conformance/measures.js";
import { readShape } from "../../www/conformance/shape.js";
import { BROKEN } from "./broken.mjs";
import { find, hasPython, recorded, reference, withRunner } from "./page.mjs";

const kept = (name) => new URL(`broken/${name}.json`, import.meta.url);
/** How often what is not broken may run until its shapes agree: others may compute. */
const ROUNDS = 3;
/** What the comparison reads of a trace. */
const READ = ["task", "run", "gil", "stdout", "asyncio.step"];

/** The trace must fail the case, in the checks that are there to find it; on a busy machine in those that hold there. */
function mustFail({ on, found, engine }, { cores, alone: here, trace }, busy) {
  const which = find(on);
  const times = which.base && { there: alone(find(which.base), reference(which.base)), here };
  const shape = readShape(trace, { lines: byLines(which, engine) });
  const checks = compare(which, reference(on), shape, {
    alone: times,
    cores: { there: THEIR_CORES, here: cores },
    sleep: { there: asRecorded, here: fitted(engine, 1) },
  });
  for (const name of found) {
    const { kind, agrees, here } = checks.find(({ check }) => check === name);
    if (!busy || kind === "shape") assert.ok(!agrees, `“${name}” agrees: ${here}`);
  }
  // Not only times tell.
  assert.equal(verdict(checks, true), "differs");
}

for (const broken of BROKEN) {
  test(`${broken.what} is found (recorded, ${broken.engine} engine)`, () =>
    mustFail(broken, JSON.parse(readFileSync(kept(broken.name), "utf8")), false));
}

test("and so they are when they run here and now", { timeout: 300_000 }, async (t) => {
  await withRunner({ light: 1, python: 1 }, async (runner) => {
    for (const broken of BROKEN) {
      const { what, engine, on, by } = broken;
      const skip = engine === "python" && !hasPython && "the Python engine is not built";
      await t.test(`${what}, ${engine} engine`, { skip }, async () => {
        const which = find(on);
        const base = which.base && find(which.base);
        const trace = (which) => runner.trace(which, engine);
        const times =
          base && alone(base, readShape(await trace(base), { lines: byLines(base, engine) }), fitted(engine, 1));
        const { otherData, traceEvents } = await runner.trace(which, engine, by);
        const { cores } = otherData;
        const read = { otherData, traceEvents: traceEvents.filter(({ cat }) => READ.includes(cat)) };
        const run = { what, cores, alone: times, trace: read };
        if (process.env.CONFORMANCE_WRITE) writeFileSync(kept(broken.name), `${JSON.stringify(run)}\n`);
        mustFail(broken, run, true);
        // Unbroken, all shapes agree: it is what was broken that the checks find.
        let differ = ["not run"];
        for (let round = 1; round <= ROUNDS && differ.length > 0; round++) {
          const runs = { reference: recorded, trace: (which) => runner.trace(which, engine, { round }) };
          const whole = await compareRuns(which, runs, { engine, cores, scale: 1 });
          differ = whole.filter(({ kind, agrees }) => kind === "shape" && !agrees);
        }
        assert.deepEqual(differ, [], "unbroken");
      });
    }
  });
});
