// Chart, output and program of one run belong together: what is pointed at in one is shown in the others.

import assert from "node:assert/strict";

import { PAGE } from "./browser.mjs";
import { pythonTest } from "./python.mjs";

const PROGRAM = `import threading, time
lock = threading.Lock()
lock.acquire()
def wait():
    lock.acquire()
    print('has it')
thread = threading.Thread(target=wait, name='waiter')
thread.start()
time.sleep(0.3)
lock.release()
thread.join()
raise SystemExit(7)
`;

const element = (page) => page.locator("gil-scope");
const pointed = (page, marked) => element(page).locator(marked).allTextContents();

/** Runs a program; the place on the chart's canvas of a moment of the lane of that name's longest span in that state. */
async function place(page, name, state) {
  return element(page).evaluate(
    async (element, [name, state]) => {
      const report = (await element.run()).at(-1);
      const { lane } = report.trace.lanes.find((lane) => lane.name === name);
      const spans = report.trace.spans.filter((span) => span.lane === lane && span.state === state);
      const span = spans.sort((a, b) => b.end - b.start - (a.end - a.start))[0];
      const duration = report.analysis.duration;
      return { report: JSON.parse(JSON.stringify(report)), span, at: (span.start + span.end) / 2 / (duration * 1.02), lane };
    },
    [name, state],
  );
}

for (const editor of [false, true]) {
  pythonTest(`a span's line, and a line's moment (${editor ? "in the editor" : "without the editor"})`, { at: PAGE }, async (page) => {
    await element(page).evaluate((element) => element.ready);
    await element(page).evaluate((element, program) => (element.program = program), PROGRAM);
    await page.waitForFunction((program) => document.querySelector("gil-scope").program === program, PROGRAM);
    if (editor) await element(page).getByRole("button", { name: "Edit" }).click();
    const { report, span, at } = await place(page, "waiter", "idle");
    assert.deepEqual([span.line, span.detail], [5, "Lock lock"]);
    assert.deepEqual([report.end, report.exitCode, report.output[0].line], ["complete", 7, 6]);
    assert.match(await element(page).locator("figure .status").textContent(), /exit code 7/);
    assert.equal(await element(page).locator(".console .end").textContent(), "exit code 7");

    // The pointer on the span: its line is marked, and told.
    const marked = editor ? ".cm-pointed" : "pre .pointed";
    const canvas = element(page).locator("figure canvas");
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    const left = Math.min(Math.max(box.width * 0.19, 56), 172);
    const x = left + at * (box.width - left - 8);
    // The waiter's row is the last one, above the axis.
    for (let y = box.height - 30; y > 30; y -= 6) {
      await canvas.hover({ position: { x, y } });
      if ((await element(page).locator(".tooltip").textContent()).includes("Lock lock")) break;
    }
    assert.match(await element(page).locator(".tooltip").textContent(), /Idle.*waiter.*Lock lock.*line5/);
    assert.deepEqual((await pointed(page, marked)).map((text) => text.trim()), ["lock.acquire()"]);
    await page.mouse.move(0, 0);
    assert.deepEqual(await pointed(page, marked), [], "the pointer is gone, and so is the mark");

    // A click on a printed line: its moment on the chart, its line in the program.
    await element(page).locator(".output li", { hasText: "has it" }).click();
    const moment = await element(page).locator("figure .moment").boundingBox();
    assert.ok(moment.height > 0, "the moment is shown");
    const shown = (moment.x - box.x - left) / (box.width - left - 8);
    const wanted = report.output[0].time / (report.analysis.duration * 1.02);
    assert.ok(Math.abs(shown - wanted) < 0.02, `at ${shown}, should be ${wanted}`);
    assert.deepEqual((await pointed(page, marked)).map((text) => text.trim()), ["print('has it')"]);
  });
}

pythonTest("a deadlock is told, with who waits for what, and the next program runs", { at: PAGE }, async (page) => {
  await element(page).evaluate((element) => element.ready);
  await element(page).evaluate((element) => (element.program = "import queue\njobs = queue.Queue()\nprint('begins')\njobs.get()\n"));
  const { end, failure } = await element(page).evaluate(async (element) => {
    const { end, failure } = (await element.run()).at(-1);
    return { end, failure };
  });
  assert.deepEqual([end, failure], ["deadlock", "MainThread waits for Queue jobs (get), line 4"]);
  const lines = await element(page).locator(".output li").allTextContents();
  assert.deepEqual(lines, ["begins", "deadlock: no thread can go on", "  MainThread waits for Queue jobs (get), line 4"]);
  assert.match(await element(page).locator("figure .status").textContent(), /deadlock after/);
  await element(page).evaluate((element) => (element.program = "print('next')\n"));
  assert.equal(await element(page).evaluate(async (element) => (await element.run()).at(-1).end), "complete");
});
