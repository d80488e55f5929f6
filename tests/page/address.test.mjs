// The page's state is in its address.

import assert from "node:assert/strict";

import { METHODS, PAGE, pageTest } from "./browser.mjs";

const element = (page) => page.locator("gil-scope");
const messages = (page) => element(page).locator(".messages li").allTextContents();
const ready = (page) => element(page).evaluate((element) => element.ready);
const chosen = async (page) => {
  const box = element(page);
  return {
    example: await box.locator("#example").inputValue(),
    methods: await box.locator(".methods input:checked").evaluateAll((boxes) => boxes.map(({ value }) => value)),
    workers: await box.locator("#workers").inputValue(),
    scale: await box.locator("#scale").inputValue(),
    interval: await box.locator("#interval").inputValue(),
    start: await box.locator("#start").inputValue(),
  };
};
const DEFAULT = { example: "cpu-four", methods: METHODS, workers: "", scale: "", interval: "", start: "" };

pageTest("without an address: the default, nothing runs", { at: PAGE }, async (page) => {
  await ready(page);
  assert.deepEqual(await chosen(page), DEFAULT);
  assert.deepEqual(await messages(page), []);
  assert.equal(await element(page).locator("figure").count(), 0);
  assert.equal(await element(page).locator("button.run").textContent(), "Run");
});

pageTest(
  "an address opens and runs",
  { at: `${PAGE}#v=1&example=threads-simple&methods=threads,processes&workers=4&scale=0.1&switchInterval=0.02&start=spawn&run=1` },
  async (page) => {
    await page.waitForFunction(() => /^[\d.]+ ms$/.test(
      document.querySelector("gil-scope").shadowRoot.querySelector("figure[data-method=processes] .status")?.textContent,
    ));
    assert.deepEqual(await chosen(page), {
      example: "threads-simple",
      methods: ["threads", "processes"],
      workers: "4",
      scale: "0.1",
      interval: "20",
      start: "spawn",
    });
    assert.equal(await element(page).locator("figure").count(), 2);
    assert.match(await element(page).locator("figure[data-method=threads] .status").textContent(), /^[\d.]+ ms$/);
    assert.deepEqual(await messages(page), []);
  },
);

pageTest("without run=1 it only opens", { at: `${PAGE}#v=1&example=mixed-eight&run=0` }, async (page) => {
  await ready(page);
  assert.deepEqual(await chosen(page), { ...DEFAULT, example: "mixed-eight" });
  assert.equal(await element(page).locator("figure").count(), 0);
});

pageTest("what an address says wrong is told, and the default taken", { at: PAGE }, async (page, t) => {
  const cases = [
    ["v=2", ["v=2", "1"], {}],
    ["v=1&run=yes", ["run=yes", "1", "0"], {}],
    ["v=1&exampel=cpu-four", ["exampel", "example, methods, workers"], {}],
    ["v=1&example=cpu-five", ["cpu-five", "cpu-four"], {}],
    ["v=1&methods=thread", ["thread", "threads, threads-free"], { methods: ["sequential", "threads"] }],
    ["v=1&workers=0&example=mixed-eight", ["workers", "0", "1 to 64"], { example: "mixed-eight" }],
    ["v=1&workers=1e9", ["workers", "1e9"], {}],
    ["v=1&scale=2", ["scale", "2", "0.01 to 1"], {}],
    ["v=1&start=vfork", ["vfork", "fork, forkserver, spawn"], {}],
    ["v=1&switchInterval=5", ["5", "0.0005 to 0.1"], {}],
    ["%3Cimg%20src%3Dx%3E", ["<img src=x>"], {}],
  ];
  for (const [address, parts, expected] of cases) {
    await t.test(address, async () => {
      await page.goto("about:blank");
      await page.goBack();
      await page.evaluate((address) => (location.hash = address), address);
      await page.reload();
      await ready(page);
      const said = await messages(page);
      assert.equal(said.length, 1, said.join("\n"));
      for (const part of parts) assert.ok(said[0].includes(part), `“${said[0]}” does not say “${part}”`);
      assert.ok(await element(page).locator(".messages").isVisible());
      assert.deepEqual(await chosen(page), { ...DEFAULT, ...expected });
    });
  }
});

pageTest("the reader's choice is in the address, and the address can be shared", { at: PAGE }, async (page) => {
  await ready(page);
  await element(page).locator("#example").selectOption("asyncio-cpu-hog");
  await element(page).locator("#workers").fill("5");
  await element(page).locator("#workers").press("Tab");
  await element(page).locator("#start").selectOption("fork");
  for (const method of ["sequential", "processes", "threads-free", "interpreters"]) {
    await element(page).locator(`.methods input[value=${method}]`).uncheck();
  }
  await page.waitForFunction(() => location.hash.includes("workers"));
  const { hash } = new URL(page.url());
  assert.equal(hash, "#v=1&example=asyncio-cpu-hog&methods=threads,asyncio&workers=5&start=fork");
  assert.equal(await element(page).locator("#start").isVisible(), false, "no processes are chosen");
  const before = await chosen(page);
  await page.reload();
  await ready(page);
  assert.deepEqual(await chosen(page), before);
});

pageTest("another address in the same page", { at: `${PAGE}#v=1&example=mixed-eight&workers=7&methods=threads` }, async (page) => {
  await ready(page);
  await page.evaluate(() => (location.hash = "v=1&example=threads-kwargs&nonsense=1"));
  await page.waitForFunction(
    () => document.querySelector("gil-scope").shadowRoot.querySelector("#example").value === "threads-kwargs",
  );
  // What it does not name is the default again, not what was there before.
  assert.deepEqual(await chosen(page), { ...DEFAULT, example: "threads-kwargs" });
  assert.equal((await messages(page)).length, 1);
  await page.evaluate(() => (location.hash = "v=1&example=cpu-four"));
  await page.waitForFunction(() => document.querySelector("gil-scope").shadowRoot.querySelector("#example").value === "cpu-four");
  assert.deepEqual(await messages(page), []);
});
