// <gil-scope>: attributes in, events out, the controls between them.

import assert from "node:assert/strict";

import { METHODS, addElement, pageTest } from "./browser.mjs";
import { ENDLESS, SHORT } from "./workloads.mjs";

/** Keeps what the element sends, as plain data. */
const listen = (element) =>
  element.evaluate((element) => {
    element.heard = [];
    const hear = (event) => {
      const { example, methods, reports, error } = event.detail ?? {};
      const detail = { example, methods, ends: reports?.map(({ method, end }) => `${method} ${end}`), error: error?.message };
      element.heard.push([event.type, JSON.parse(JSON.stringify(detail))]);
    };
    // On the document: they bubble, out of shadow trees too.
    for (const type of ["gil-scope-start", "gil-scope-end", "gil-scope-error", "change"]) document.addEventListener(type, hear);
  });
const heard = (element) => element.evaluate(({ heard }) => heard);
const messages = (element) => element.locator(".messages li").allTextContents();
const run = (element) => element.evaluate(async (element) => (await element.run()).map(({ end }) => end));

pageTest("runs what its attributes say, and shows what came of it", {}, async (page) => {
  const element = await addElement(page, { example: "threads-list", methods: METHODS.join(","), workers: "2", scale: "0.02" });
  await listen(element);
  const reports = await element.evaluate((element) => element.run());
  assert.deepEqual(await heard(element), [
    ["gil-scope-start", { example: "threads-list", methods: METHODS }],
    ["gil-scope-end", { ends: METHODS.map((method) => `${method} complete`) }],
  ]);
  for (const [i, { method, analysis, trace, output, results }] of reports.entries()) {
    assert.equal(method, METHODS[i]);
    assert.equal(trace.scale, 0.02);
    if (!["sequential", "asyncio"].includes(method)) assert.equal(trace.maxWorkers, 2);

    const figure = element.locator(`figure[data-method=${method}]`);
    assert.match(await figure.locator(".status").textContent(), /^[\d.]+ (ms|s)$/);
    assert.match(await figure.locator("canvas").getAttribute("aria-label"), /makespan [\d.]+ ms, at most \d on CPU at once/);

    const row = element.locator(".methods-table tbody tr").nth(i);
    const cells = await row.locator("th, td").allTextContents();
    const parallel = analysis.mostOnCpu > 1 ? /^yes: up to \d/ : /^no: one lane on CPU at a time$/;
    assert.match(cells[2], parallel);
    const shown = Number.parseFloat(cells[3]);
    assert.ok(Math.abs(shown - analysis.makespan) <= 0.5, `${cells[3]} for ${analysis.makespan} ms`);
    const speedUp = reports[0].analysis.makespan / analysis.makespan;
    assert.ok(Math.abs(Number.parseFloat(cells[4]) - speedUp) <= 0.005 + 1e-9, `${cells[4]} for ${speedUp}`);

    await figure.locator("figcaption h3 button").click();
    assert.equal(await element.locator(".tabs [aria-selected=true]").textContent(), method);
    assert.deepEqual(await element.locator(".output li").allTextContents(), output.map(({ text }) => text));
    const shownResults = await element.locator(".results tr").allInnerTexts();
    assert.deepEqual(
      shownResults.map((text) => text.split("\t").map((cell) => cell.trim())),
      results.map(({ task, state, value }) => [task, state, value]),
    );
    assert.match(await element.locator("aside").innerText(), /def io_bound_function/);
  }
});

pageTest("a workload of one's own", {}, async (page) => {
  const element = await addElement(page, { methods: "threads,asyncio" });
  await listen(element);
  await element.evaluate((element, workload) => (element.workload = workload), SHORT);
  const reports = await element.evaluate((element) => element.run());
  assert.deepEqual(reports.map(({ workload, method }) => [workload, method]), [["short", "threads"], ["short", "asyncio"]]);
  assert.deepEqual(await heard(element), [
    ["gil-scope-start", { example: null, methods: ["threads", "asyncio"] }],
    ["gil-scope-end", { ends: ["threads complete", "asyncio complete"] }],
  ]);
});

pageTest("a wrong workload is told, and the next run runs", {}, async (page) => {
  const element = await addElement(page, { methods: "threads" });
  await listen(element);
  await element.evaluate((element) => {
    element.workload = { tasks: [{ call: { function: "f" }, steps: [{ sleep: -1 }] }] };
  });
  assert.deepEqual(await run(element), []);
  const said = await messages(element);
  assert.equal(said.length, 1);
  assert.match(said[0], /workload\.tasks\[0\]\.steps\[0\]\.sleep: -1.*from 0 to 60/);
  assert.ok(await element.locator(".messages").isVisible());
  assert.equal(await element.locator(".messages").getAttribute("role"), "alert");
  const types = (await heard(element)).map(([type]) => type);
  assert.deepEqual(types, ["gil-scope-start", "gil-scope-error", "gil-scope-end"]);
  assert.match((await heard(element))[1][1].error, /workload\.tasks\[0\]/);

  await element.evaluate((element, workload) => (element.workload = workload), SHORT);
  assert.deepEqual(await run(element), ["complete"]);
  assert.deepEqual(await messages(element), [], "what went wrong before is not wrong any more");
});

pageTest("wrong attributes are told, and the default is taken", {}, async (page, t) => {
  const cases = [
    ["example", "cpu-five", ["cpu-five", "cpu-four", "mixed-eight"]],
    ["methods", "threads,thread", ["thread", ...METHODS]],
    ["workers", "0", ["workers", "0", "from 1 to 64"]],
    ["workers", "65", ["workers", "65", "from 1 to 64"]],
    ["workers", "2.5", ["workers", "2.5", "whole number"]],
    ["workers", "many", ["workers", "many", "from 1 to 64"]],
    ["scale", "7", ["scale", "7", "from 0.01 to 1"]],
    ["start-method", "Fork", ["Fork", "fork, forkserver, spawn"]],
    ["gil", "off", ["gil", "off", "1 (programs run with the GIL) or 0 (free-threaded)"]],
    ["switch-interval", "5", ["switch-interval", "5", "from 0.0005 to 0.1 seconds"]],
  ];
  for (const [name, value, parts] of cases) {
    await t.test(`${name}="${value}"`, async () => {
      await page.evaluate(() => document.body.replaceChildren());
      const element = await addElement(page, { [name]: value });
      const said = await messages(element);
      assert.equal(said.length, 1, said.join("\n"));
      for (const part of parts) assert.ok(said[0].includes(part), `“${said[0]}” does not say “${part}”`);
      assert.equal(await element.locator("#example").inputValue(), "cpu-four");
      assert.equal(await element.locator("#workers").inputValue(), "");
      assert.equal(await element.locator("#scale").inputValue(), "");
      assert.equal(await element.locator("#interval").inputValue(), "");
      const checked = await element.locator(".methods input:checked").evaluateAll((boxes) => boxes.map(({ value }) => value));
      assert.deepEqual(checked, name === "methods" ? ["threads"] : ["sequential", "threads"]);
    });
  }
});

pageTest("what the reader chooses is in the attributes, and runs", {}, async (page) => {
  const element = await addElement(page);
  await listen(element);
  await element.locator("#example").selectOption("processes-kwargs");
  await element.locator("#workers").fill("3");
  await element.locator("#workers").press("Tab");
  await element.locator("#scale").selectOption("0.1");
  await element.locator("#interval").fill("20");
  await element.locator("#interval").press("Tab");
  await element.locator(".methods label", { hasText: "asyncio" }).click();
  const attributes = await element.evaluate((element) =>
    Object.fromEntries(element.getAttributeNames().map((name) => [name, element.getAttribute(name)])),
  );
  assert.deepEqual(attributes, {
    example: "processes-kwargs",
    methods: "sequential,threads,asyncio",
    workers: "3",
    scale: "0.1",
    "switch-interval": "0.02",
  });
  assert.ok((await heard(element)).filter(([type]) => type === "change").length >= 5);
  assert.match(await element.locator(".about").textContent(), /sleep\(3\) shown as 0\.3 s/);
  await element.locator("button.run").click();
  await page.waitForFunction(() => document.querySelector("gil-scope").heard.some(([type]) => type === "gil-scope-end"));
  assert.deepEqual((await heard(element)).at(-1)[1].ends, ["sequential complete", "threads complete", "asyncio complete"]);
});

pageTest("what the reader enters wrong is told when it runs", {}, async (page) => {
  const element = await addElement(page, { methods: "threads" });
  await listen(element);
  // A page may be driven by scripts or an old browser: the form's own check is not enough.
  await element.evaluate((element) => {
    const input = element.shadowRoot.querySelector("#workers");
    input.value = "100";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  assert.deepEqual(await run(element), []);
  assert.match((await messages(element)).join("\n"), /maxWorkers: 100 is not allowed; from 1 to 64/);
  assert.ok((await heard(element)).some(([type]) => type === "gil-scope-error"));
});

pageTest("attributes may change later, and the list of scales stays short", {}, async (page) => {
  const element = await addElement(page, { scale: "0.5" });
  for (const [name, value] of [["example", "mixed-eight"], ["methods", "processes"], ["workers", "7"], ["scale", "0.5"]]) {
    await element.evaluate((element, [name, value]) => element.setAttribute(name, value), [name, value]);
  }
  assert.equal(await element.locator("#example").inputValue(), "mixed-eight");
  assert.equal(await element.locator("#workers").inputValue(), "7");
  assert.equal(await element.locator("#scale").inputValue(), "0.5");
  const scales = await element.locator("#scale option").evaluateAll((options) => options.map(({ value }) => value));
  assert.equal(new Set(scales).size, scales.length, `scales offered: ${scales}`);
  assert.deepEqual(await messages(element), []);
});

pageTest("two runs at once: the second stops the first", {}, async (page) => {
  const element = await addElement(page, { methods: "threads" });
  await listen(element);
  const ends = await element.evaluate(async (element, [ENDLESS, SHORT]) => {
    element.workload = ENDLESS;
    const first = element.run();
    await new Promise((resolve) => setTimeout(resolve, 500));
    element.workload = SHORT;
    const others = [element.run(), element.run()];
    return (await Promise.all([first, ...others])).map((reports) => reports.map(({ end }) => end).join());
  }, [ENDLESS, SHORT]);
  assert.equal(ends[0], "stopped");
  assert.equal(ends[2], "complete");
  const events = (await heard(element)).map(([type]) => type.replace("gil-scope-", ""));
  const starts = events.filter((type) => type === "start").length;
  assert.deepEqual(events, Array(starts).fill(["start", "end"]).flat(), "they do not overlap");
  assert.equal(await element.locator("button.run").textContent(), "Run");
});

pageTest("an element that is removed stops", {}, async (page) => {
  const element = await addElement(page, { methods: "processes" });
  const ends = await element.evaluate(async (element, workload) => {
    element.workload = workload;
    const done = element.run();
    await new Promise((resolve) => setTimeout(resolve, 500));
    element.remove();
    return (await done).map(({ end }) => end);
  }, ENDLESS);
  assert.deepEqual(ends, ["stopped"]);
});

pageTest("two elements on a page take turns", {}, async (page) => {
  await addElement(page, { example: "mixed-eight", methods: "threads" });
  await addElement(page, { example: "mixed-eight", methods: "processes" });
  const spans = await page.evaluate(async () => {
    const time = [];
    const elements = [...document.querySelectorAll("gil-scope")];
    const runs = elements.map(async (element) => {
      const [report] = await element.run();
      time.push({ end: performance.now(), duration: report.analysis.duration });
    });
    await Promise.all(runs);
    return time;
  });
  const [first, second] = spans.toSorted((a, b) => a.end - b.end);
  assert.ok(second.end - second.duration >= first.end - 1, "the second began when the first had ended");
});

pageTest("trace and picture can be taken out", {}, async (page) => {
  const element = await addElement(page, { example: "threads-simple", methods: "threads", scale: "0.01" });
  await run(element);
  const take = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), element.getByRole("button", { name }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return [download.suggestedFilename(), Buffer.concat(chunks).toString()];
  };
  const [traceName, trace] = await take("Trace (JSON)");
  assert.equal(traceName, "threads-simple-threads.json");
  assert.equal(JSON.parse(trace).traceEvents.filter(({ cat }) => cat === "task").length, 3);
  const [pictureName, picture] = await take("Picture (SVG)");
  assert.match(pictureName, /\.svg$/);
  assert.match(picture, /^<svg [\s\S]*<\/svg>\s*$/);
});
