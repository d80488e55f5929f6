// Much at once: ten thousand calls lose nothing, and ten thousand spans are drawn within a frame.

import assert from "node:assert/strict";

import { METHODS, addElement, loadEngine, pageTest, run } from "./browser.mjs";
import { inQuiet } from "./machine.mjs";
import { median } from "./spans.mjs";

const TASKS = 10_000;

pageTest(`${TASKS} calls`, {}, async (page, t) => {
  await loadEngine(page);
  const workload = { tasks: Array.from({ length: TASKS }, (_, n) => ({ call: { function: "f", args: [n] }, steps: [{ return: n }] })) };
  for (const method of METHODS) {
    await t.test(method, async () => {
      const report = await run(page, { workload, method, maxWorkers: 4 });
      assert.deepEqual([report.end, report.failure], ["complete", null]);
      assert.equal(report.results.length, TASKS);
      const wrong = report.results.findIndex(({ state, value }, n) => state !== "FINISHED" || value !== String(n));
      assert.equal(wrong, -1, JSON.stringify(report.results[wrong]));
      // Each lane's spans still have no gap.
      const last = new Map();
      for (const { lane, start, end } of report.trace.spans) {
        assert.equal(start, last.get(lane) ?? start, `lane ${lane}`);
        last.set(lane, end);
      }
    });
  }
});

pageTest(`${TASKS} coroutines on a chart`, {}, async (page) => {
  const element = await addElement(page, { methods: "asyncio" });
  const results = await element.evaluate(async (element, tasks) => {
    element.workload = { tasks: Array.from({ length: tasks }, () => ({ call: { function: "f" } })) };
    const [report] = await element.run();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return report.results.length;
  }, TASKS);
  assert.equal(results, TASKS);
  const { height, drawn } = await element.locator("figure canvas").evaluate((canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    return { height: canvas.height, drawn: data.some((value) => value > 0) };
  });
  // Browsers draw nothing on a canvas of more than 65,535 pixels; and nobody scrolls through ten thousand rows.
  assert.ok(height < 16_384, `${height} pixels high`);
  assert.ok(drawn);
  // Nor through ten thousand results, whose table would be laid out as a whole; none is lost.
  const rows = element.locator(".results tr");
  assert.equal(await rows.count(), 1001);
  assert.equal(await rows.last().textContent(), "9,000 more results are in the report");
});

pageTest("drawing a run of more than ten thousand spans takes less than a frame", { expected: [/willReadFrequently/] }, async (page, t) => {
  await loadEngine(page);
  // Eight threads that sleep and compute for moments, under a GIL with the shortest interval.
  const steps = [{ repeat: { times: 450, steps: [{ sleep: 0.0002 }, { compute: { primesBelow: 1500 } }] } }];
  const workload = { tasks: Array.from({ length: 16 }, (_, n) => ({ call: { function: "f", args: [n] }, steps })) };
  await inQuiet(
    t,
    3,
    () =>
      page.evaluate(async (workload) => {
        const run = scope.start({ workload, method: "threads", maxWorkers: 8, switchInterval: 0.0005 });
        const report = await run.finished;
        const canvas = document.createElement("canvas");
        const width = 1200;
        const context = canvas.getContext("2d");
        const { now } = run.recording;
        const orders = [];
        const painted = [];
        for (let i = 0; i < 60; i++) {
          // Another stretch each time, from the whole run to a tenth of it: nothing can be kept from the frame before.
          const length = now * (1 - 0.015 * i);
          const began = performance.now();
          const height = run.recording.layout(width, 1, now - length, now);
          if (i === 0) Object.assign(canvas, { width, height });
          run.recording.draw(context, false);
          orders.push(performance.now() - began);
          // The browser paints later, elsewhere; when a pixel can be read, it has.
          context.getImageData(0, 0, 1, 1);
          painted.push(performance.now() - began);
        }
        return { spans: report.trace.spans.length, orders, painted };
      }, workload),
    ({ spans, orders, painted }) => {
      t.diagnostic(`${spans} spans: ${median(orders).toFixed(1)} ms, and painted ${median(painted).toFixed(1)} ms`);
      assert.ok(spans > 10_000, `${spans} spans`);
      // Sixty frames a second leave 16.7 ms. The page's own part of it is layout and drawing, and there may be six charts;
      // the painting is the browser's, here without a graphics card.
      assert.ok(median(orders) < 16 / 6, `${median(orders)} ms for ${spans} spans`);
      assert.ok(median(painted) < 16, `${median(painted)} ms for ${spans} spans, painted`);
    },
  );
});
