// What the tests of programs share: pages that need the Python engine, and what programs are expected to print.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { pageTest } from "./browser.mjs";

const ENGINE = fileURLToPath(new URL("../../www/python/gilscope_python_bg.wasm", import.meta.url));

/** A test of a page that runs programs: without their engine it fails, and says what to do. */
export function pythonTest(name, options, body) {
  pageTest(name, options, (page, t) => {
    assert.ok(existsSync(ENGINE), "www/python has no engine: `make python` builds it");
    return body(page, t);
  });
}

/** Runs a program by the page's engine; the report as plain data. `stopWhen` is a line that it is to be stopped at. */
export function runProgram(page, request, { stopWhen = null } = {}) {
  return page.evaluate(
    async ([request, stopWhen]) => {
      const stop = new AbortController();
      let asked;
      const { toTraceEvents, ...report } = await scope.run(request, {
        signal: stop.signal,
        onUpdate(recording) {
          if (stopWhen === null || asked || !recording.output().some(({ text }) => text === stopWhen)) return;
          asked = performance.now();
          stop.abort();
        },
      });
      return { ...report, stopTook: asked && performance.now() - asked };
    },
    [request, stopWhen],
  );
}

export const texts = ({ output }, stream = "stdout") =>
  output.filter((line) => line.stream === stream).flatMap(({ text }) => text.split("\n"));

/** A line's pattern, in which `#` stands for one word or number, as tests/host/programs.rs has it. */
const matches = (line, pattern) =>
  new RegExp(`^${pattern.split("#").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("[A-Za-z0-9.]+")}$`).test(line);

/** Holds lines against tests/golden/programs: those that begin with `~` may come anywhere, the others in this order. */
export function checkLines(lines, id) {
  const golden = readFileSync(new URL(`../golden/programs/${id}.txt`, import.meta.url), "utf8").trimEnd().split("\n");
  const anywhere = golden.filter((line) => line.startsWith("~")).map((line) => line.slice(1));
  const ordered = golden.filter((line) => !line.startsWith("~"));
  for (const line of lines) {
    if (ordered.length > 0 && matches(line, ordered[0])) ordered.shift();
    else {
      const found = anywhere.findIndex((pattern) => matches(line, pattern));
      assert.ok(found >= 0, `${id}: “${line}” comes where “${ordered[0]}” should:\n${lines.join("\n")}`);
      anywhere.splice(found, 1);
    }
  }
  assert.deepEqual([...anywhere, ...ordered], [], `${id}: lines that do not come:\n${lines.join("\n")}`);
}
