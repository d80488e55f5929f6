// Many runs in a row: neither workers nor memory are left behind.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { METHODS, loadEngine, pageTest } from "./browser.mjs";
import * as machine from "./machine.mjs";
import { SHORT } from "./workloads.mjs";

const RUNS = 200;

/** Runs one after the other, by all methods in turn; returns how they ended. */
const runs = (page, count) =>
  page.evaluate(
    async ([count, methods, workload]) => {
      const ends = {};
      for (let i = 0; i < count; i++) {
        const { method, end, results } = await scope.run({ workload, method: methods[i % methods.length] });
        const how = `${method} ${end} ${results.map(({ value }) => value)}`;
        ends[how] = (ends[how] ?? 0) + 1;
      }
      return ends;
    },
    [count, METHODS, SHORT],
  );

/** The memory in use when all that can be given back is. */
async function memory(page) {
  assert.equal(await machine.workersLeft(), 0, "workers live on");
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    await page.requestGC();
    await sleep(300);
    least = Math.min(least, machine.browserMemory());
  }
  return least;
}

pageTest(`${RUNS} runs in a row`, {}, async (page, t) => {
  await loadEngine(page);
  // The browser warms up and fills its caches: by some 5 MB each 50 runs at first, and by nothing after about 200.
  await runs(page, RUNS);
  const sizes = [await memory(page)];
  for (let i = 0; i < 4; i++) {
    const ends = await runs(page, RUNS / 4);
    assert.deepEqual(Object.keys(ends).toSorted(), METHODS.map((method) => `${method} complete 303,303,303,303`).toSorted());
    sizes.push(await memory(page));
  }
  if (!machine.known) return;
  t.diagnostic(`MB after each ${RUNS / 4}: ${sizes.map((size) => size.toFixed(1)).join(", ")}`);
  // What a run leaves behind if it leaves something: a worker or a memory of 2 MB or more, which a hundred runs and more
  // would show as hundreds. The browser's own memory moves by some MB either way. 0.1 MB a run are let pass.
  const growth = sizes.at(-1) - sizes[0];
  assert.ok(growth < 0.1 * RUNS, `${growth.toFixed(1)} MB more after ${RUNS} more runs`);
});
