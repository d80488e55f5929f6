// The page “How true is this?”: the table that was written down, and one made in the page itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { CASES } from "../../www/conformance/cases.js";
import { pageTest } from "../page/browser.mjs";
import { WWW } from "./page.mjs";

const table = JSON.parse(readFileSync(`${WWW}conformance/results.json`, "utf8"));
const at = "/www/conformance/";

pageTest("the written table is shown whole", { at }, async (page) => {
  await page.waitForFunction((date) => document.getElementById("about").textContent.includes(date), table.date);
  assert.equal(await page.locator(".case").count(), CASES.length);
  const words = {
    agrees: "✓ agrees",
    differs: "≠ differs",
    failed: "✗ failed",
    busy: "~ not judged",
    none: "– no counterpart",
  };
  const titles = { light: "Light engine", python: "Python engine" };
  for (const { id, engine, verdict, checks } of table.rows) {
    const view = page.locator(`[data-case="${id}"]`);
    assert.equal(
      await view.locator(`[data-engine="${titles[engine]}"]`).textContent(),
      words[verdict],
      `${id}, ${engine}`,
    );
    if (checks.length > 0) assert.ok((await view.textContent()).includes(checks[0].tolerance), id);
  }
  assert.ok(table.rows.length >= CASES.length, "the whole form was written");
});

pageTest("the comparison runs in the reader's browser, and stops", { at }, async (page) => {
  await page.locator("#run").click();
  const first = page.locator(`[data-case="${CASES[0].id}"]`);
  await first.locator('[data-engine="This browser"]', { hasText: "agrees" }).waitFor();
  assert.ok((await first.textContent()).includes("Light engine in this browser"));
  await page.locator("#stop").click();
  await page.locator("#run:enabled").waitFor();
  assert.match(await page.locator("#progress").textContent(), /^Light engine in this browser: \d+ agrees/);
  // The last case was not come to.
  assert.equal(await page.locator(`[data-case="${CASES.at(-1).id}"] [data-engine="This browser"]`).textContent(), "");
});

pageTest("the playground leads to it", { at: "/www/" }, async (page) => {
  await page.getByRole("link", { name: "How true is this?" }).click();
  await page.waitForURL(/\/www\/conformance\//);
});
