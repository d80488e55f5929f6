// Runs programs in a browser and compares what they print with what python3 prints, or with a file beside them.
//
//     node python/tests/run.mjs [--python PYTHON | --without-python] [FILE or FOLDER...]
//
// Without any file these are python/tests/programs, and then come waits.mjs and CPython's own tests (cpython/run.mjs); without
// python3 those are skipped that want one.
//
// A program's first line may be a comment "# test: WORD...", without which it is "# test: gil any-order". `gil` and `free`
// are the modes it runs in (without any, both), `any-order` compares the lines without their order, `self` compares nothing: the program prints "ok" at its end,
// `servers` gives it the addresses of the page's server and of another one as arguments.
// NAME.expected beside NAME.py is compared with instead of python3's output.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "./browser.mjs";
import { runCpython } from "./cpython/run.mjs";
import { checkWaits } from "./waits.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const words = process.argv.slice(2);
let python = "python3";
if (words[0] === "--python") [, python] = words.splice(0, 2);
if (words[0] === "--without-python") python = words.shift() && undefined;
const named = words.length > 0 ? words : [path.join(HERE, "programs")];
const files = named.flatMap((name) =>
  statSync(name).isDirectory()
    ? readdirSync(name).filter((file) => file.endsWith(".py")).sort().map((file) => path.join(name, file))
    : [name]);

/** What differs between two runs of CPython too: numbers of processes, addresses. */
function masked(text) {
  return text.replace(/\b(PID|pid) \d+/g, "$1 N").replace(/0x[0-9a-f]{6,}/g, "0xN").trimEnd();
}

function compare(got, wanted, anyOrder) {
  const lines = (text) => masked(text).split("\n");
  const [a, b] = [lines(got), lines(wanted)];
  if (anyOrder) {
    // Threads of CPython that print at once may put both texts before both ends of lines.
    const letters = (lines) => lines.join("").split("").sort().join("");
    if (letters(a) === letters(b)) return undefined;
    a.sort();
    b.sort();
  }
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at < 0 && a.length === b.length) return undefined;
  const i = at < 0 ? a.length : at;
  return `line ${i + 1} is ${JSON.stringify(a[i])} and should be ${JSON.stringify(b[i])}`;
}

const browser = await open();
const loaded = await browser.load();
console.log(`# compiled in ${Math.round(loaded)} ms`);
let wrong = 0;
for (const file of files) {
  const source = readFileSync(file, "utf8");
  const options = (/^# test:(.*)/.exec(source)?.[1] ?? "gil any-order").trim().split(/\s+/);
  const modes = ["gil", "free"].filter((mode) => options.includes(mode));
  let wanted;
  let code = 0;
  const beside = file.replace(/\.py$/, ".expected");
  if (existsSync(beside)) wanted = readFileSync(beside, "utf8");
  else if (!options.includes("self")) {
    if (!python) {
      console.log(`skipped ${path.basename(file)}: it is compared with python3`);
      continue;
    }
    // The machine's python3 may have no interpreters; what a program with them prints threads print too.
    const known = source.replaceAll("InterpreterPoolExecutor", "ThreadPoolExecutor").replaceAll("Starting ThreadPool", "Starting InterpreterPool");
    const like = known !== source && source.includes("InterpreterPoolExecutor");
    const folder = mkdtempSync(path.join(tmpdir(), "gilscope-"));
    writeFileSync(path.join(folder, "example.py"), like ? known : source);
    const ran = spawnSync(python, ["-P", "example.py"], { cwd: folder, encoding: "utf8", timeout: 120_000 });
    rmSync(folder, { recursive: true });
    wanted = ran.stdout;
    code = ran.status;
    if (wanted === "") {
      console.log(`not ok ${path.basename(file)}: ${python} prints nothing\n${ran.error ?? ran.stderr}`);
      wrong++;
      continue;
    }
  }
  for (const mode of modes.length > 0 ? modes : ["gil", "free"]) {
    const args = options.includes("servers") ? browser.servers : [];
    const report = await browser.run(source, { gil: mode === "gil", args, limit: 180_000 });
    const text = (stream) => report.lines.filter((line) => line.stream === stream).map((line) => line.text).join("\n");
    const printed = text("stdout");
    let problem;
    const exited = report.how === "complete" ? 0 : report.how.exit;
    if (exited === undefined) problem = `the run ended: ${JSON.stringify(report.how)}`;
    else if (exited !== code) problem = `its exit code is ${exited} and should be ${code}`;
    else if (wanted === undefined) {
      if (!printed.trimEnd().endsWith("ok")) problem = "it did not print ok at its end";
    } else problem = compare(printed, wanted, options.includes("any-order"));
    const took = `${Math.round(report.took)} ms`;
    console.log(`${problem ? "not ok" : "ok"} ${path.basename(file)} ${mode} (${took})`);
    if (problem) {
      wrong++;
      console.log(`  ${problem}`);
      for (const { stream, text } of report.lines) console.log(`  ${stream === "stderr" ? "!" : "|"} ${text}`);
      for (const line of browser.told.splice(0)) console.log(`  console: ${line}`);
    }
  }
}
await browser.close();
if (words.length === 0) {
  await checkWaits();
  wrong += await runCpython();
}
console.log(wrong === 0 ? "# all as they should be" : `# ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
