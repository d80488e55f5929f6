// Runs CPython's own tests in a browser and compares which of them pass with expected.txt, which may only shrink.
//
//     node python/tests/cpython/run.mjs [--write] [MODULE...]
//
// A line of expected.txt is "MODULE passes N", "not TEST", a test that does not pass, or "out TEST", one that is not run
// (TEST may have * and [...]). A test that fails and is not in the list is wrong, and so is one in the list that passes.
// --write writes the list anew, but for what is out.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { open } from "../browser.mjs";

const LIST = fileURLToPath(new URL("expected.txt", import.meta.url));
const PROGRAM = readFileSync(new URL("head.py", import.meta.url), "utf8");
const LIMIT = 180_000;

export async function runCpython(words = []) {
  const got = spawnSync(fileURLToPath(new URL("get.sh", import.meta.url)), { encoding: "utf8" });
  if (got.status === 3) {
    console.log(`# Skipping CPython's own tests: ${got.stderr.trim()}`);
    return 0;
  }
  if (got.status !== 0) throw new Error(got.stderr);
  const write = words[0] === "--write";
  if (write) words.shift();
  const text = readFileSync(LIST, "utf8");
  const head = text.slice(0, text.search(/^[^#]/m));
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const passes = new Map();
  const listed = { not: new Map(), out: new Map() };
  for (const line of lines) {
    const [first, second, third] = line.split(" ");
    if (second === "passes") passes.set(first, Number(third));
    else listed[first].set(second, line);
  }
  const modules = words.length > 0 ? words : [...passes.keys()];
  const browser = await open();
  const written = [];
  let wrong = 0;
  const say = (problem) => {
    console.log(`not ok ${problem}`);
    wrong++;
  };
  const began = performance.now();
  for (const module of modules) {
    const own = (list) => [...list.keys()].filter((test) => test.startsWith(`${module}.`) || test.includes(`(${module}.`));
    const out = own(listed.out);
    const source = PROGRAM.replace("@module@", module).replace("@left out@", out.join(" "));
    const report = await browser.run(source, { limit: LIMIT });
    const how = new Map();
    let last;
    for (const { stream, text } of report.lines) {
      const [, word, test, why] = /^(?:[\d.]+s )?(begins|ok|not|skipped) (\S+(?: \(\S+\))?) # ?(.*)/.exec(stream === "stdout" ? text : "") ?? [];
      if (word === "begins") last = test;
      else if (word === "not") how.set(test, `not ${test.replace(" ", "_")} # ${why}`);
      else if (word && !how.has(test)) how.set(test, word);
    }
    const count = (word) => [...how.values()].filter((each) => each.split(" ")[0] === word).length;
    if (!report.lines.some(({ text }) => text === "over")) {
      say(`${module} did not come to its end: ${JSON.stringify(report.how)}; the last test was ${last}`);
      if (write || words.length > 0) for (const { stream, text } of report.lines) if (stream === "stderr") console.log(`  ! ${text}`);
    }
    const failed = new Set();
    for (const [test, line] of how) {
      if (!line.startsWith("not")) continue;
      failed.add(test.replace(" ", "_"));
      if (!listed.not.has(test.replace(" ", "_")) && !write) say(`${module}: ${line.slice(4)}`);
    }
    for (const test of own(listed.not)) {
      if (!failed.has(test) && !write) say(`${module}: ${test} passes, or is no more: take it off expected.txt`);
    }
    if (count("ok") < passes.get(module)) say(`${module}: ${count("ok")} tests pass, and ${passes.get(module)} did`);
    console.log(`${module}: ${count("ok")} pass, ${count("not")} do not, ${count("skipped")} skipped, ${out.length} not run (${Math.round(report.took)} ms)`);
    written.push(`${module} passes ${count("ok")}`, ...out.map((test) => listed.out.get(test)), ...[...how.values()].filter((line) => line.startsWith("not")));
  }
  await browser.close();
  if (write) writeFileSync(LIST, `${head}${written.join("\n")}\n`);
  console.log(`# CPython's tests took ${Math.round((performance.now() - began) / 1000)} s, ${wrong === 0 ? "all as they should be" : `${wrong} wrong`}`);
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await runCpython(process.argv.slice(2)) === 0 ? 0 : 1);
