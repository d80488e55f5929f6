// How fast programs run here: beside the machine's own python3, and by two workers beside one. Ratios of one run are what
// to read; on a machine that does something else they say little.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { open } from "./browser.mjs";

const FILE = fileURLToPath(new URL("bench.py", import.meta.url));
const WAYS = { threads: "ThreadPoolExecutor", interpreters: "InterpreterPoolExecutor", processes: "ProcessPoolExecutor" };
const LIMIT = 180_000;

/** The lines of bench.py, as { program: { way: seconds } }. */
function read(text) {
  const times = {};
  for (const line of text.trim().split("\n")) {
    const [program, way, seconds] = line.split(" ");
    (times[program] ??= {})[way] = Number(seconds);
  }
  return times;
}

function table(title, rows) {
  console.log(`\n${title}\n`);
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join("  "));
}

const browser = await open();
await browser.load();
const source = readFileSync(FILE, "utf8");
const here = {};
for (const mode of ["gil", "free"]) {
  const report = await browser.run(source, { gil: mode === "gil", limit: LIMIT });
  const said = (stream) => report.lines.filter((line) => line.stream === stream).map(({ text }) => text).join("\n");
  if (report.how !== "complete" || said("stderr")) throw new Error(`${JSON.stringify(report.how)}\n${said("stderr")}`);
  here[mode] = read(said("stdout"));
}
const first = await browser.run("print('hello')");
const second = await browser.run("print('hello')");
await browser.close();

const ran = spawnSync("python3", [FILE, "threads"], { encoding: "utf8", timeout: LIMIT });
const there = ran.status === 0 ? read(ran.stdout) : undefined;
const version = there ? spawnSync("python3", ["--version"], { encoding: "utf8" }).stdout.trim() : "no python3";
const ms = (seconds) => (seconds === undefined ? "–" : (seconds * 1000).toFixed(1));
table(`The Python engine: one thread, ms, best of some, beside ${version}`, [
  ["program", "here", "python3", "here ÷ python3"],
  ...Object.entries(here.gil).map(([program, { serial }]) => {
    const other = there?.[program].serial;
    return [program, ms(serial), ms(other), other ? (serial / other).toFixed(1) : "–"];
  }),
]);
const speed = (times, way) => (times ? ((2 * times.serial) / times[WAYS[way]]).toFixed(2) : "–");
table("Two workers do it twice: × the speed of one thread (2.00 is all there is)", [
  ["program", "threads, GIL", "python3's threads", "threads, free", "interpreters", "processes"],
  ...Object.keys(here.gil).map((program) => [
    program, speed(here.gil[program], "threads"), speed(there?.[program], "threads"), speed(here.free[program], "threads"),
    speed(here.gil[program], "interpreters"), speed(here.gil[program], "processes"),
  ]),
]);
const line = ({ firstLine }) => Math.round(firstLine);
console.log(`\nFrom Run to the first line: ${line(first)} ms, again ${line(second)} ms`);
