// Programs on the page: where they come from, who runs them, what is shown of them.

import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";

import { PAGE, addElement, pageTest } from "./browser.mjs";
import { pythonTest, texts } from "./python.mjs";

const element = (page) => page.locator("gil-scope");
const ready = (page) => element(page).evaluate((element) => element.ready);
const output = (page) => element(page).locator(".output li").allTextContents();
const messages = (page) => element(page).locator(".messages li").allTextContents();
const figures = (page) => element(page).locator("figure").evaluateAll((all) => all.map(({ dataset }) => dataset.method));
const runButton = (page) => element(page).locator("button.run");
const asPython = (page) => element(page).getByRole("button", { name: "Run as Python" });
const build = (page) => element(page).getByRole("combobox", { name: "Build of Python" });
const setProgram = (page, program) => element(page).evaluate((element, program) => (element.program = program), program);
const packed = (program) => deflateRawSync(program).toString("base64url");

/** Runs what Run runs; the report of the last, as plain data. */
const run = (page) =>
  element(page).evaluate(async (element) => {
    const { toTraceEvents, ...report } = (await element.run()).at(-1);
    return report;
  });
/** Resolves when nothing runs any more. */
const over = (page) => element(page).locator("button.run", { hasText: "Run" }).waitFor();

const SAYS_BUILD = 'import sys\nprint("GIL" if sys._is_gil_enabled() else "no GIL")\n';

pythonTest("a program in the element's markup", {}, async (page) => {
  await page.evaluate(async () => {
    await import("/www/gil-scope.js");
    document.body.innerHTML = `
      <gil-scope methods="threads">
        <script type="text/python">
          def greet(name):
              print("hello", name)

          greet("<world> & all")
        </script>
      </gil-scope>`;
    await document.querySelector("gil-scope").ready;
  });
  const { program, ownProgram } = await element(page).evaluate(({ program, ownProgram }) => ({ program, ownProgram }));
  assert.equal(program, 'def greet(name):\n    print("hello", name)\n\ngreet("<world> & all")\n');
  assert.ok(ownProgram);
  assert.equal(await element(page).locator("#example option:checked").textContent(), "Own program");
  const report = await run(page);
  assert.deepEqual([report.end, report.method, texts(report)], ["complete", null, ["hello <world> & all"]]);
  assert.deepEqual(await output(page), ["hello <world> & all"]);
  assert.deepEqual(await figures(page), ["python"]);
});

pythonTest("a program in the address opens and runs, and goes with it", { at: `${PAGE}#v=1&py=${packed("print(6 * 7)\n")}&run=1` }, async (page) => {
  await element(page).locator(".output li", { hasText: /^42$/ }).waitFor();
  await over(page);
  assert.deepEqual(await messages(page), []);
  assert.deepEqual(await figures(page), ["python"]);
  // What else is chosen leaves it where it is.
  await element(page).locator("#interval").fill("20");
  await element(page).locator("#interval").press("Tab");
  await page.waitForFunction(() => location.hash.includes("switchInterval=0.02"));
  assert.match(new URL(page.url()).hash, /[#&]py=/);
  await page.reload();
  await ready(page);
  assert.equal(await element(page).evaluate(({ program }) => program), "print(6 * 7)\n");
  // An address without one shows its example's again.
  await page.evaluate(() => (location.hash = "v=1&example=mixed-eight"));
  await page.waitForFunction(() => document.querySelector("gil-scope").program.includes("def mixed_function"));
  assert.equal(await element(page).locator("#example").inputValue(), "mixed-eight");
});

pageTest("whether it runs with the GIL is in the address", { at: `${PAGE}#v=1&py=${packed("import sys\nprint(sys._is_gil_enabled())\n")}&gil=0` }, async (page) => {
  await ready(page);
  const build = element(page).locator(".code-head select");
  await page.waitForFunction(() => document.querySelector("gil-scope").program.includes("_is_gil_enabled"));
  assert.equal(await build.inputValue(), "free");
  await build.selectOption("gil");
  await page.waitForFunction(() => location.hash.includes("py=") && !location.hash.includes("gil="));
  await build.selectOption("free");
  await page.waitForFunction(() => location.hash.includes("gil=0"));
  // Another example begins with its own.
  await element(page).locator("#example").selectOption("cpu-four");
  await page.waitForFunction(() => !location.hash.includes("gil="));
  assert.equal(await build.inputValue(), "gil");
  await page.evaluate(() => (location.hash = "v=1&example=deadlock&gil=0"));
  await page.waitForFunction(() => document.querySelector("gil-scope").program.includes("def example_deadlock"));
  await page.waitForFunction(() => document.querySelector("gil-scope").shadowRoot.querySelector(".code-head select").value === "free");
});

pageTest("what is no program in the address is told", { at: `${PAGE}#v=1&py=nonsense!&run=0` }, async (page) => {
  await ready(page);
  await element(page).locator(".messages li").waitFor();
  assert.match((await messages(page)).join(), /py=… in the address cannot be read/);
  assert.equal(await element(page).locator("#example").inputValue(), "cpu-four");
});

pythonTest("an example that is a program: chosen, run, shared", { at: PAGE }, async (page) => {
  await ready(page);
  await element(page).locator("#example").selectOption("race");
  await page.waitForFunction(() => location.hash.includes("example=race"));
  assert.match(await element(page).locator(".about").textContent(), /Three threads add to one number.*Python engine/);
  assert.equal(await build(page).inputValue(), "free");
  for (const part of ["#workers", "#scale", ".methods", ".methods-table"]) {
    assert.ok(!(await element(page).locator(part).isVisible()), `${part} says nothing to a program`);
  }
  await runButton(page).click();
  await element(page).locator(".output li", { hasText: "count_with_lock: 60000 of 60000" }).waitFor();
  await over(page);
  await build(page).selectOption("gil");
  await runButton(page).click();
  await element(page).locator(".output li", { hasText: "is there a GIL? True" }).waitFor();
  await over(page);
  // Both builds side by side, until another example runs.
  assert.deepEqual(await figures(page), ["python-free", "python"]);
  await element(page).locator("#example").selectOption("task-group");
  assert.equal(await build(page).inputValue(), "gil");
  await run(page);
  assert.deepEqual(await figures(page), ["python"]);
  await page.reload();
  await ready(page);
  assert.equal(await element(page).locator("#example").inputValue(), "task-group");
  assert.equal(await element(page).locator("#example optgroup:last-child").getAttribute("label"), "Striking behaviours");
  await element(page).locator("#example").selectOption("cpu-four");
  for (const part of ["#workers", "#scale", ".methods", ".methods-table"]) assert.ok(await element(page).locator(part).isVisible());
});

pythonTest("Run as Python: with the GIL or without, and the chart says which engine", { at: PAGE }, async (page) => {
  await ready(page);
  await element(page).evaluate((element) => {
    element.setAttribute("methods", "threads");
    element.setAttribute("example", "threads-simple");
    element.setAttribute("scale", "0.01");
  });
  await page.waitForFunction(() => document.querySelector("gil-scope").program.includes("io_bound_function"));
  await run(page);
  // The workload's own program, as it stands: its sleeps are not shortened, so another one of this test's.
  await element(page).getByRole("button", { name: "Edit" }).click();
  await element(page).locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(SAYS_BUILD);
  for (const [value, printed] of [["gil", "GIL"], ["free", "no GIL"]]) {
    await build(page).selectOption(value);
    await asPython(page).click();
    await element(page).locator(".output li", { hasText: new RegExp(`^${printed}$`) }).waitFor();
    await over(page);
  }
  assert.deepEqual(await figures(page), ["threads", "python", "python-free"]);
  const badges = await element(page).locator("figure figcaption .badge").allTextContents();
  assert.deepEqual(badges, ["workload in Rust", "RustPython, this very program", "RustPython, this very program"]);
  // What a reader wrote is kept when another example is chosen, as an entry of its own.
  await element(page).locator("#example").selectOption("deadlock");
  assert.match(await element(page).evaluate(({ program }) => program), /spoon/);
  await element(page).locator("#example").selectOption({ label: "Own program" });
  assert.equal(await element(page).evaluate(({ program }) => program), SAYS_BUILD);
});

pythonTest("a program is edited, run by keys, and undone", { at: PAGE }, async (page) => {
  await ready(page);
  const before = await element(page).evaluate(({ program }) => program);
  await element(page).getByRole("button", { name: "Edit" }).click();
  const editor = element(page).getByRole("textbox", { name: "Python program" });
  await editor.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText("print('edited')\nraise SystemExit\n");
  await page.waitForFunction(() => /[#&]py=/.test(location.hash));
  await page.keyboard.press("Control+Enter");
  await element(page).locator(".output li", { hasText: /^edited$/ }).waitFor();
  await over(page);
  await element(page).getByRole("button", { name: "Undo all" }).click();
  assert.equal(await element(page).evaluate(({ program }) => program), before);
  await page.waitForFunction(() => !/[#&]py=/.test(location.hash));
});

pythonTest("a traceback leads to its line", { at: PAGE }, async (page) => {
  await ready(page);
  await setProgram(page, "def fail():\n    raise ValueError('no <b>such</b> thing')\n\n\nfail()\n");
  const report = await run(page);
  assert.equal(texts(report, "stderr").at(-1), "ValueError: no <b>such</b> thing");
  const lines = element(page).locator(".output .stderr");
  assert.equal(await lines.last().textContent(), "ValueError: no <b>such</b> thing");
  const links = element(page).locator(".output button");
  assert.deepEqual(await links.allTextContents(), [
    'File "example.py", line 5, in <module>',
    'File "example.py", line 2, in fail',
  ]);
  await links.last().click();
  await element(page).locator(".cm-marked").waitFor();
  assert.equal(await element(page).locator(".cm-marked").textContent(), "    raise ValueError('no <b>such</b> thing')");
});

pythonTest("360 pixels wide, and all that is used can be reached by keys", { at: `${PAGE}#v=1&example=blocking-call`, context: { viewport: { width: 360, height: 740 } } }, async (page) => {
  await ready(page);
  assert.equal((await run(page)).end, "complete");
  const { wide, window } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(wide <= window, `the page is ${wide} pixels wide in a window of ${window}`);
  const order = [];
  await page.evaluate(() => document.body.focus());
  for (let i = 0; i < 20 && order.at(-1) !== "Edit"; i++) {
    await page.keyboard.press("Tab");
    order.push(await element(page).evaluate(({ shadowRoot: { activeElement: at } }) => at?.id || at?.ariaLabel || at?.textContent || at?.tagName));
  }
  const wanted = ["example", "interval", "Run", "Zoom out", "Zoom in", "Whole run", "Picture (SVG)"];
  assert.deepEqual(order.slice(0, wanted.length), wanted);
  assert.deepEqual(order.slice(-3), ["Run as Python", "Build of Python", "Edit"]);
});

pythonTest("source with a syntax error is told with its line", { at: PAGE }, async (page) => {
  await ready(page);
  for (const [program, line, what] of [
    ["x = 1\nif x\n    print(x)\n", 2, "if x"],
    ["print('a')\n  print('b')\n", 2, "  print('b')"],
    ["def f():\n    return (1,\n", null, null],
    ["x = '\\x'\n", null, null],
  ]) {
    await setProgram(page, program);
    const report = await run(page);
    const said = texts(report, "stderr");
    assert.match(said.at(-1), /^(Syntax|Indentation)Error: /, said.join("\n"));
    assert.deepEqual(texts(report), [], "nothing ran");
    assert.match(said.join("\n"), /File "example\.py", line \d/);
    if (line === null) continue;
    const link = element(page).locator(".output button", { hasText: `line ${line}` });
    await link.click();
    await element(page).locator(".cm-marked", { hasText: what }).waitFor();
  }
  await setProgram(page, "print('right')");
  assert.deepEqual(texts(await run(page)), ["right"]);
});

pythonTest("output comes while the program runs", { at: PAGE }, async (page) => {
  await ready(page);
  await setProgram(page, "import time\nprint('first')\ntime.sleep(60)\nprint('last')\n");
  await runButton(page).click();
  await element(page).locator(".output li", { hasText: "first" }).waitFor();
  assert.equal(await runButton(page).textContent(), "Stop");
  assert.match(await element(page).locator("figure .status").textContent(), /running/);
  await runButton(page).click();
  await over(page);
  assert.deepEqual(await output(page), ["first"], "what was printed stays");
  assert.match(await element(page).locator("figure .status").textContent(), /^stopped after \d/);
});

pythonTest("the next run is a fresh one", { at: PAGE }, async (page) => {
  await ready(page);
  await setProgram(page, "import math\nprint(hasattr(math, 'left'))\nmath.left = 1\nwhile True: pass\n");
  for (let i = 0; i < 2; i++) {
    await runButton(page).click();
    await element(page).locator(".output li", { hasText: "False" }).waitFor();
    await runButton(page).click();
    await over(page);
  }
  await setProgram(page, "print('x' in globals())\nx = 1\n");
  assert.deepEqual(texts(await run(page)), ["False"]);
  assert.deepEqual(texts(await run(page)), ["False"]);
});

const missing = { expected: [/404/], before: (page) => page.route("**/python/**", (route) => route.fulfill({ status: 404, body: "" })) };
pageTest("an engine that is not there: what to do is said, and workloads run", { at: PAGE, ...missing }, async (page) => {
  await ready(page);
  await element(page).locator("#example").selectOption("race");
  await runButton(page).click();
  await element(page).locator(".messages li").waitFor();
  assert.match((await messages(page)).join(), /\/python\/.* could not be loaded \(HTTP 404\).*make python/);
  await over(page);
  assert.match(await element(page).locator("figure .status").textContent(), /could not be loaded/);
  await element(page).evaluate((element) => {
    element.setAttribute("methods", "threads");
    element.setAttribute("example", "threads-simple");
    element.setAttribute("scale", "0.01");
  });
  await page.waitForFunction(() => document.querySelector("gil-scope").program.includes("io_bound_function"));
  const report = await run(page);
  assert.equal(report.end, "complete");
  assert.deepEqual(await messages(page), [], "what went wrong before is not wrong any more");
});

pageTest("a page without isolation says why a program cannot run", { isolation: false }, async (page) => {
  const box = await addElement(page, { example: "race" });
  const error = await box.evaluate((element) => element.run().catch(({ message }) => message));
  assert.match(error, /not cross-origin isolated/);
});
