// How it looks and how it is used: sharp, readable, by pointer and keyboard, narrow, dark, and without seeing it.

import assert from "node:assert/strict";

import { PAGE, pageTest } from "./browser.mjs";

const METHODS = ["sequential", "threads", "processes"];
/** A run with something of everything, and one that is over at once. */
const FULL = `${PAGE}#v=1&example=mixed-eight&methods=${METHODS}&run=1`;
const QUICK = `${PAGE}#v=1&example=threads-simple&methods=${METHODS}&scale=0.03&run=1`;

const element = (page) => page.locator("gil-scope");
const canvas = (page, method) => element(page).locator(`figure[data-method=${method}] canvas`);

/** Resolves when the last chart is complete and drawn. */
async function done(page) {
  await page.waitForFunction(() =>
    /^[\d.]+ ms$/.test(
      document.querySelector("gil-scope").shadowRoot.querySelector("figure[data-method=processes] .status")?.textContent,
    ),
  );
  await frames(page);
}

/** Two frames: what was changed is drawn. */
const frames = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** The picture that a canvas shows: a digest of it, and the share of the pixels that are not empty. */
const picture = (locator) =>
  locator.evaluate(async (canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", data));
    let drawn = 0;
    let light = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] === 0) continue;
      drawn++;
      light += (data[i] + data[i + 1] + data[i + 2]) / 3;
    }
    return { digest: digest.join(), drawn: (drawn * 4) / data.length, lightness: light / drawn };
  });

/** One pixel of the canvas is one pixel of the screen. */
async function checkSharp(page, ratio) {
  for (const method of METHODS) {
    const { css, own } = await canvas(page, method).evaluate((canvas) => {
      const { width, height } = canvas.getBoundingClientRect();
      return { css: [width, height], own: [canvas.width, canvas.height] };
    });
    for (const i of [0, 1]) {
      assert.ok(Math.abs(own[i] - css[i] * ratio) < 0.02, `${own[i]} pixels for ${css[i]} CSS pixels at ${ratio}: ${method}`);
    }
    assert.ok(css[1] > 40 && (await picture(canvas(page, method))).drawn > 0.1, method);
  }
  const legend = await element(page).locator(".legend canvas").first().evaluate(({ width, height }) => [width, height]);
  assert.deepEqual(legend, [22 * ratio, 12 * ratio]);
}

for (const ratio of [2, 1.5]) {
  pageTest(`sharp at ${ratio} pixels for a CSS pixel`, { at: QUICK, context: { deviceScaleFactor: ratio } }, async (page) => {
    await done(page);
    await checkSharp(page, ratio);
  });
}

pageTest("charts", { at: FULL }, async (page, t) => {
  await done(page);

  await t.test("sharp", () => checkSharp(page, 1));

  await t.test("charts share one scale, and a legend names each state", async () => {
    const entries = await element(page).locator(".legend li").allTextContents();
    assert.deepEqual(entries.slice(0, 3), ["On CPU", "Waiting for GIL", "Waiting for I/O"]);
    assert.equal(entries.length, 7);
    // Each is painted in its own way, not by colour alone.
    const swatches = await element(page).locator(".legend canvas").all();
    const pictures = await Promise.all(swatches.map(picture));
    assert.equal(new Set(pictures.map(({ digest }) => digest)).size, 7);
    const widths = await element(page).locator("figure canvas").evaluateAll((all) => all.map(({ width }) => width));
    assert.equal(new Set(widths).size, 1);
  });

  await t.test("a tooltip says what is under the pointer", async () => {
    const chart = canvas(page, "threads");
    await chart.scrollIntoViewIfNeeded();
    const { width, height } = await chart.boundingBox();
    const tooltip = element(page).locator("[role=tooltip]");
    const titles = new Set();
    const seen = [];
    for (let y = 6; y < height - 20; y += 10) {
      for (let x = width * 0.22; x < width * 0.8; x += width / 12) {
        await chart.hover({ position: { x, y } });
        if (!(await tooltip.isVisible())) continue;
        const [title, ...rows] = (await tooltip.innerText()).split("\n");
        titles.add(title);
        seen.push({ title, text: rows.join(" ") });
        const box = await tooltip.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= page.viewportSize().width, "it is within the window");
        assert.ok(box.y >= 0 && box.y + box.height <= page.viewportSize().height, "it is within the window");
      }
    }
    for (const title of ["On CPU", "Waiting for I/O", "Holds the GIL", "Task"]) assert.ok(titles.has(title), `${[...titles]}`);
    const computing = seen.filter(({ title }) => title === "On CPU").map(({ text }) => text);
    assert.ok(
      computing.some((text) => /lane ThreadPoolExecutor-0_\d task mixed_function\(\d\) start [\d.]+ (ms|µs) duration [\d.]+ (ms|µs)/.test(text)),
      computing[0],
    );
    await page.mouse.move(2, 2);
    assert.ok(!(await tooltip.isVisible()), "and goes with it");
  });

  await t.test("zoom by buttons, keys and wheel", async () => {
    const charts = ["sequential", "threads"].map((method) => canvas(page, method));
    const look = async () => {
      await frames(page);
      return (await Promise.all(charts.map(picture))).map(({ digest }) => digest).join();
    };
    const whole = await look();
    const changes = async (what, act) => {
      const before = await look();
      await act();
      assert.notEqual(await look(), before, what);
    };
    const isWhole = async (what) => assert.equal(await look(), whole, what);
    const button = (name) => element(page).getByRole("button", { name, exact: true });

    await changes("Zoom in", () => button("Zoom in").click());
    await changes("Zoom in again", () => button("Zoom in").click());
    await changes("Zoom out", () => button("Zoom out").click());
    await button("Whole run").click();
    await isWhole("Whole run");
    await button("Zoom out").click();
    await isWhole("there is nothing beyond the whole run");

    await charts[1].focus();
    await changes("+", () => page.keyboard.press("+"));
    await changes("arrow right", () => page.keyboard.press("ArrowRight"));
    await changes("arrow left", () => page.keyboard.press("ArrowLeft"));
    await changes("-", () => page.keyboard.press("-"));
    await page.keyboard.press("+");
    await page.keyboard.press("0");
    await isWhole("0");

    await charts[1].scrollIntoViewIfNeeded();
    const { x, y, width } = await charts[1].boundingBox();
    await page.mouse.move(x + width / 2, y + 30);
    await page.keyboard.down("Control");
    await changes("Ctrl and the wheel", () => page.mouse.wheel(0, -200));
    await page.keyboard.up("Control");
    assert.equal(await page.evaluate(() => visualViewport.scale), 1, "the page itself is not zoomed");
    await changes("dragging", async () => {
      await page.mouse.down();
      await page.mouse.move(x + width / 2 - 80, y + 30, { steps: 4 });
      await page.mouse.up();
    });
    await charts[1].dblclick({ position: { x: width / 2, y: 30 } });
    await isWhole("double click");

    const before = await page.evaluate(() => scrollY);
    await page.mouse.wheel(0, 120);
    await page.waitForFunction((before) => scrollY !== before, before);
    await isWhole("the wheel alone scrolls the page");
  });

  await t.test("what a chart shows is said in words", async () => {
    for (const chart of await element(page).locator("figure canvas").all()) {
      assert.equal(await chart.getAttribute("role"), "img");
      assert.match(await chart.getAttribute("aria-label"), /: makespan [\d.]+ ms, at most \d on CPU at once; time by state: on cpu/);
      assert.equal(await chart.getAttribute("tabindex"), "0");
    }
    const heads = await element(page).locator(".methods-table thead th").evaluateAll((all) => all.map(({ scope }) => scope));
    assert.ok(heads.length === 5 && heads.every((scope) => scope === "col"));
    for (const pane of await element(page).locator("aside [tabindex='0']").all()) {
      assert.ok(await pane.evaluate((pane) => pane.matches(".console, pre, .code *, .code")), "what scrolls can be reached by keys");
    }
  });
});

pageTest("360 pixels wide", { at: QUICK, context: { viewport: { width: 360, height: 740 } } }, async (page) => {
  await done(page);
  const { wide, window } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(wide <= window, `the page is ${wide} pixels wide in a window of ${window}`);
  for (const locator of [element(page).locator("button.run"), element(page).locator("#example"), canvas(page, "threads")]) {
    const box = await locator.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= window);
  }
  assert.ok((await picture(canvas(page, "threads"))).drawn > 0.1);
});

pageTest("charts follow the window's width", { at: QUICK }, async (page) => {
  await done(page);
  const wide = await canvas(page, "threads").evaluate(({ width }) => width);
  await page.setViewportSize({ width: 700, height: 700 });
  await page.waitForFunction(
    (wide) => document.querySelector("gil-scope").shadowRoot.querySelector("figure[data-method=threads] canvas").width < wide,
    wide,
  );
  const size = await canvas(page, "threads").evaluate((canvas) => [canvas.width, canvas.getBoundingClientRect().width]);
  assert.equal(size[0], Math.round(size[1]));
});

pageTest("dark and light", { at: QUICK, context: { colorScheme: "dark" } }, async (page) => {
  await done(page);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = { ground: await ground(), chart: await picture(canvas(page, "threads")) };
  await page.emulateMedia({ colorScheme: "light" });
  await frames(page);
  const light = { ground: await ground(), chart: await picture(canvas(page, "threads")) };
  assert.equal(dark.ground, "rgb(18, 22, 28)");
  assert.equal(light.ground, "rgb(255, 255, 255)");
  assert.notEqual(dark.chart.digest, light.chart.digest, "the charts are painted anew");
  await page.emulateMedia({ colorScheme: "dark" });
  await frames(page);
  assert.equal((await picture(canvas(page, "threads"))).digest, dark.chart.digest);
});

pageTest("controls have names, and Run can be reached and used by keys", { at: PAGE }, async (page) => {
  await element(page).evaluate((element) => element.ready);
  const controls = [
    ["combobox", "Example"],
    ["spinbutton", "max_workers"],
    ["combobox", "Sleeps"],
    ["spinbutton", "Switch interval (ms)"],
    ["combobox", "Start method"],
    ["button", "Run"],
  ];
  for (const [role, name] of controls) {
    assert.equal(await element(page).getByRole(role, { name, exact: true }).count(), 1, name);
  }
  assert.equal(await element(page).getByRole("group", { name: "Methods" }).getByRole("checkbox").count(), 6);

  // By Tab from the page's start, everything in the order in which it is seen.
  const order = [];
  for (let i = 0; i < 14 && order.at(-1) !== "Run"; i++) {
    await page.keyboard.press("Tab");
    order.push(
      await element(page).evaluate(({ shadowRoot }) => {
        const active = shadowRoot.activeElement;
        return active?.textContent === "Run" ? "Run" : active?.id || active?.value || active?.tagName;
      }),
    );
  }
  assert.deepEqual(order, ["example", "workers", "scale", "interval", "start", "Run"]);
  await element(page).locator("#example").selectOption("threads-simple");
  await element(page).locator("button.run").focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () => document.querySelector("gil-scope").shadowRoot.querySelector("button.run").textContent === "Stop",
  );
  // It keeps the focus, and the same key stops.
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    () => document.querySelector("gil-scope").shadowRoot.querySelector("button.run").textContent === "Run",
  );
});

