// Makes the README's picture: one workload, run here and now by two methods. `make picture`.

import { writeFile } from "node:fs/promises";
import { withPage } from "./run-page.mjs";

const OUT = new URL("../../www/", import.meta.url);

await withPage(async (page) => {
  const pictures = await page.evaluate(async () => {
    const { Gilscope } = await import("./gilscope.js");
    const scope = await Gilscope.load();
    const recordings = [];
    for (const method of ["threads", "processes"]) {
      const run = scope.start({ example: "cpu-four", method });
      const report = await run.finished;
      if (report.end !== "complete") throw new Error(report.failure ?? report.end);
      recordings.push(run.recording);
    }
    return [false, true].map((dark) => scope.picture(recordings, { width: 900, dark }));
  });
  await writeFile(new URL("cpu-four.svg", OUT), pictures[0]);
  await writeFile(new URL("cpu-four-dark.svg", OUT), pictures[1]);
});
