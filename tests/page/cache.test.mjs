// The Python engine's module is large: whoever comes again does not download it again.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { serve } from "../../scripts/serve.mjs";
import { BLANK } from "./browser.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { args } = JSON.parse(readFileSync(`${ROOT}webdriver.json`, "utf8"))["goog:chromeOptions"];
const built = existsSync(`${ROOT}www/python/engine.json`);

test("a second visit takes the Python engine from the browser's cache", {
  skip: !built && "the Python engine is not built (make python)",
  timeout: 180_000,
}, async () => {
  const answers = [];
  const server = await serve({ root: ROOT, answered: (asked, status) => answers.push(`${status} ${asked.split("?")[0]}`) });
  // A profile that outlives the browser, as a reader's does.
  const profile = mkdtempSync(path.join(tmpdir(), "gilscope-profile-"));
  const visit = async () => {
    answers.length = 0;
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROME || "/usr/bin/chromium",
      args: args.filter((arg) => !arg.startsWith("--headless")),
    });
    try {
      const page = await browser.newPage();
      await page.goto(server.url + BLANK);
      const shown = await page.evaluate(async () => {
        const { Gilscope } = await import("/www/gilscope.js");
        const scope = await Gilscope.load();
        const progress = [];
        const run = scope.start({ source: "print(6 * 7)" }, { onProgress: (done) => progress.push(done) });
        const report = await run.finished;
        return { output: report.output.map(({ text }) => text), last: progress.at(-1) };
      });
      assert.deepEqual(shown.output, ["42"]);
      assert.equal(shown.last.loaded, shown.last.total, "the progress does not end with the whole of it");
    } finally {
      await browser.close();
    }
    return answers.filter((answer) => answer.endsWith(".wasm") && answer.includes("/python/"));
  };
  try {
    assert.deepEqual(await visit(), ["200 /www/python/gilscope_python_bg.wasm"]);
    assert.deepEqual(await visit(), []);
  } finally {
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
});
