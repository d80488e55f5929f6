// A browser in which cases are carried out, and what is there to compare with. For the run, and for the broken executors.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { CASES } from "../../www/conformance/cases.js";
import { readShape } from "../../www/conformance/shape.js";
import { withPage } from "../page/run-page.mjs";

export const WWW = fileURLToPath(new URL("../../www/", import.meta.url));

/** Whether the Python engine is built. */
export const hasPython = existsSync(`${WWW}python/gilscope_python_bg.wasm`);

/** The file of a recorded run of CPython, and its shape. */
export const recorded = (id) => JSON.parse(readFileSync(`${WWW}conformance/reference/${id}.json`, "utf8"));
export const reference = (id) => readShape(recorded(id));

export const find = (id) => CASES.find((which) => which.id === id);

/** Calls `act` with what carries cases out, as the page's own does: `{ startMethods, trace(which, engine, options), browser }`. */
export function withRunner(scales, act) {
  return withPage(async (page) => {
    const startMethods = await page.evaluate(
      async ([scales, python]) => {
        const { Gilscope } = await import("/gilscope.js");
        const { Runner } = await import("/conformance/run.js");
        const scope = await Gilscope.load();
        await scope.measure();
        globalThis.runner = new Runner(scope, scales);
        if (python) await runner.loadPython();
        return runner.startMethods;
      },
      [scales, hasPython && "python" in scales],
    );
    const trace = (...what) => page.evaluate((what) => runner.trace(...what), what);
    return act({ startMethods, trace, browser: page.context().browser().version() });
  });
}
