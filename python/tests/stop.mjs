// Stop ends whatever a program does, and the next run begins anew: node python/tests/stop.mjs

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const browser = await open();
const text = (report) => report.lines.map((line) => line.text);
const forever = "import threading\ndef f():\n  while True: pass\nfor _ in range(4): threading.Thread(target=f).start()\nprint('on')\nf()";
for (const gil of [true, false]) {
  const report = await browser.run(forever, { gil, stopAfter: 1500 });
  assert.equal(report.how, "stopped");
  assert.deepEqual(text(report), ["on"]);
  assert.ok(report.stopTook < 100, `stopped after ${report.stopTook} ms`);
  assert.deepEqual(text(await browser.run("print('next')")), ["next"]);
}
const full = await browser.run("x = []\nwhile True: x.append(bytearray(10_000_000))");
assert.ok(full.how.failed, JSON.stringify(full.how));
assert.deepEqual(text(await browser.run("print('next')")), ["next"]);
const wrong = await browser.run("x = 1\ndef broken(:\n");
assert.equal(text(wrong)[0], '  File "example.py", line 2');
await browser.close();
console.log("ok: stopped, out of memory, not compiled; each time the next run began anew");
