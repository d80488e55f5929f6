// Figures of a browser, side by side in one run: ratios are what to read, times are this machine's of this moment.

import { withPage } from "./run-page.mjs";

const ROUNDS = 3;

const table = (title, head, rows) => {
  console.log(`\n${title}\n`);
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => String(row[i]).length)));
  for (const row of [head, ...rows]) console.log(row.map((cell, i) => String(cell).padEnd(widths[i])).join("  "));
};

await withPage(async (page) => {
  const figures = await page.evaluate(async (rounds) => {
    const { Gilscope } = await import("./gilscope.js");
    const scope = await Gilscope.load();
    const methods = scope.capabilities().methods.map(({ id }) => id);
    const best = (times) => Math.min(...times);
    const run = async (request) => {
      const began = performance.now();
      let first = null;
      const started = scope.start(request, { onUpdate: (recording) => recording.began && (first ??= performance.now()) });
      const report = await started.finished;
      if (report.end !== "complete") throw new Error(`${request.method}: ${report.failure ?? report.end}`);
      return { report, recording: started.recording, start: first - began };
    };

    await scope.measure();
    const makespans = {};
    for (const example of ["cpu-four", "mixed-eight", "threads-simple"]) {
      const times = Object.fromEntries(methods.map((method) => [method, []]));
      // Round by round, so that a slow moment of the machine meets all methods.
      for (let round = 0; round < rounds; round++) {
        for (const method of methods) times[method].push((await run({ example, method })).report.analysis.makespan);
      }
      makespans[example] = methods.map((method) => [method, best(times[method])]);
    }

    const starts = {};
    for (const method of methods) {
      const times = [];
      for (let round = 0; round < rounds; round++) {
        times.push((await run({ example: "threads-simple", method, scale: 0.01 })).start);
      }
      starts[method] = best(times);
    }

    // A chart of many spans: 0.5 ms slices of four threads.
    const many = await run({ example: "cpu-four", method: "threads", switchInterval: 0.0005 });
    const canvas = document.createElement("canvas");
    canvas.width = 2000;
    canvas.height = 600;
    const frames = [];
    for (let i = 0; i < 50; i++) {
      const began = performance.now();
      many.recording.layout(1000, 2, 0, many.recording.now * (1 - i / 100));
      many.recording.draw(canvas.getContext("2d"), false);
      frames.push(performance.now() - began);
    }
    frames.sort((a, b) => a - b);
    const holds = many.report.analysis.gilSwitches;
    return { makespans, starts, spans: many.report.trace.spans.length, frame: frames[25], holds };
  }, ROUNDS);

  for (const [example, rows] of Object.entries(figures.makespans)) {
    const base = rows.find(([method]) => method === "sequential")[1];
    table(
      `${example}: makespan, best of ${ROUNDS}`,
      ["method", "ms", "× the speed of sequential"],
      rows.map(([method, time]) => [method, time.toFixed(1), (base / time).toFixed(2)]),
    );
  }
  table(
    "From Run to the run's first moment (worker, memory, threads), best",
    ["method", "ms"],
    Object.entries(figures.starts).map(([method, time]) => [method, time.toFixed(0)]),
  );
  console.log(`\nA frame of a chart of ${figures.spans} spans: ${figures.frame.toFixed(2)} ms (median of 50)`);
});
