// Text that is markup elsewhere: it is shown as it is, and nowhere becomes a part of the page or of a file.

import assert from "node:assert/strict";

import { METHODS, PAGE, addElement, pageTest } from "./browser.mjs";

const EVIL = `<img src=x onerror="hacked=1"><script>hacked=2</script><a href='javascript:hacked=3'>&amp;"'</a>]]>`;
const WORKLOAD = {
  name: EVIL,
  before: [EVIL],
  tasks: [
    { call: { function: "f", args: [EVIL] }, steps: [{ print: EVIL }, { print: "{parameter}" }, { sleep: 0.01 }, { return: EVIL }] },
    { call: { function: "g", kwargs: { key: EVIL } }, steps: [{ return: { [EVIL]: [EVIL] } }] },
    { call: { function: "h" }, steps: [{ sleep: 0.05 }, { raise: { type: "Error", message: EVIL } }] },
  ],
  after: [EVIL],
  results: "each",
  maxWorkers: 2,
};

/** What the page has made of it: elements that the project itself never makes. */
const foreign = (page) =>
  page.evaluate(() => {
    const roots = [document, ...[...document.querySelectorAll("gil-scope")].map(({ shadowRoot }) => shadowRoot)];
    const found = roots.flatMap((root) => [...root.querySelectorAll("img, script:not([src]), a[href^=javascript]")]);
    return [globalThis.hacked ?? null, ...found.map(({ outerHTML }) => outerHTML)];
  });

pageTest("in a workload", {}, async (page) => {
  const element = await addElement(page, { methods: METHODS.join(",") });
  const { reports, pictures } = await element.evaluate(async (element, workload) => {
    element.workload = workload;
    const reports = await element.run();
    const { Gilscope } = await import("/www/gilscope.js");
    const scope = await Gilscope.load();
    const run = scope.start({ workload, method: "threads" });
    await run.finished;
    const pictures = [scope.picture([run.recording]), scope.picture([run.recording], { dark: true })];
    return { reports: reports.map((report) => ({ ...report, file: JSON.stringify(report.toTraceEvents()) })), pictures };
  }, WORKLOAD);

  // Unchanged in the report and in what is taken out.
  assert.equal(reports.length, METHODS.length);
  for (const { method, workload, output, results, file } of reports) {
    assert.equal(workload, EVIL);
    assert.ok(output.filter(({ text }) => text === EVIL).length >= 3, method);
    assert.equal(results[2].exception.message, EVIL);
    assert.ok(JSON.parse(file).traceEvents.some(({ args }) => args.text === EVIL), method);
  }
  for (const picture of pictures) {
    const problems = await page.evaluate((picture) => {
      const parsed = new DOMParser().parseFromString(picture, "image/svg+xml");
      return [...parsed.querySelectorAll("parsererror, script, img, image, foreignObject, a")].map(({ outerHTML }) => outerHTML);
    }, picture);
    assert.deepEqual(problems, []);
    assert.ok(picture.includes("&lt;img"), "a task's name is in the picture");
  }

  // Shown as text: output, results, code, tooltip.
  for (const method of METHODS) {
    await element.locator(`figure[data-method=${method}] figcaption h3 button`).click();
    assert.ok((await element.locator(".output li").allTextContents()).includes(EVIL), method);
    // In CPython's repr(), quoted: both kinds of quotes are in it.
    assert.match(await element.locator(".results").textContent(), /<img src=x onerror="hacked=1">/);
  }
  const canvas = element.locator("figure[data-method=threads] canvas");
  await canvas.scrollIntoViewIfNeeded();
  const { width, height } = await canvas.boundingBox();
  const tooltip = element.locator("[role=tooltip]");
  let seen = false;
  for (let y = 4; y < height && !seen; y += 6) {
    for (let x = width * 0.25; x < width && !seen; x += width / 20) {
      await canvas.hover({ position: { x, y } });
      seen = (await tooltip.isVisible()) && (await tooltip.textContent()).includes("<img src=x");
    }
  }
  assert.ok(seen, "a tooltip names the task");
  assert.deepEqual(await foreign(page), [null]);
});

pageTest("in attributes and in what is told", {}, async (page) => {
  const element = await addElement(page, { example: EVIL, methods: EVIL, workers: EVIL, scale: EVIL, "switch-interval": EVIL });
  await element.evaluate((element, text) => element.tell(text), `told: ${EVIL}`);
  assert.equal((await element.locator(".messages li").allTextContents()).filter((text) => text.includes("<img src=x")).length, 6);
  assert.deepEqual(await foreign(page), [null]);
});

pageTest("in the address", { at: `${PAGE}#${new URLSearchParams({ [EVIL]: EVIL, example: EVIL, run: EVIL })}` }, async (page) => {
  const element = page.locator("gil-scope");
  await element.evaluate((element) => element.ready);
  assert.equal(await element.locator(".messages li").count(), 3);
  assert.deepEqual(await foreign(page), [null]);
});
