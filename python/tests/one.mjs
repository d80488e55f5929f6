// Runs one program and shows what it did: node python/tests/one.mjs program.py [free] [events]

import { readFileSync } from "node:fs";
import { open } from "./browser.mjs";

const [file, ...words] = process.argv.slice(2);
const browser = await open();
console.log(`compiled in ${Math.round(await browser.load())} ms`);
for (let time = 0; time < (words.includes("twice") ? 2 : 1); time++) {
  const report = await browser.run(readFileSync(file, "utf8"), { gil: !words.includes("free") });
  for (const { at, lane, stream, text } of report.lines) {
    console.log(`${(at / 1e6).toFixed(1).padStart(9)} ${report.lanes[lane]?.name ?? lane}${stream === "stderr" ? " !" : " |"} ${text}`);
  }
  if (words.includes("events")) {
    report.events.sort((a, b) => a.at - b.at);
    for (const { at, lane, mark, state, task } of report.events) {
      const what = { line: task, detail: report.details[task], "gil-taken": task }[mark] ?? report.tasks[task] ?? "";
      console.log(at.toFixed(3).padStart(10), report.lanes[lane]?.name, mark, state ?? "", what);
    }
  }
  console.log(report.how, `began ${Math.round(report.began)} ms, first line ${Math.round(report.firstLine)} ms, took ${Math.round(report.took)} ms, ${report.events.length} events, ${Object.keys(report.lanes).length} lanes`);
}
for (const line of browser.told) console.log("console:", line);
await browser.close();
