// What a server may do wrong with files that are there: their kind, and what the page's policy forbids. Light engine and
// Python engine; files that are missing or broken are in faults.test.mjs.

import assert from "node:assert/strict";

import { BLANK, pageTest } from "./browser.mjs";
import { pythonTest } from "./python.mjs";
import { SHORT } from "./workloads.mjs";

const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
/** The browser's own words about it are expected. */
const SAID = [/Failed to load|MIME type|Content Security Policy|Refused to|violates/i];

/** How a run ends: its failure, or the error that it was rejected with. */
const failure = (page, request) =>
  page.evaluate(async (request) => {
    const run = import("/www/gilscope.js").then(async ({ Gilscope }) => (await Gilscope.load()).run(request));
    return run.then(({ end, failure }) => `${end}: ${failure}`, (error) => `rejected: ${error.message}`);
  }, request);
const light = (page, method = "sequential") => failure(page, { workload: SHORT, method });
const program = (page) => failure(page, { source: "import threading\nt = threading.Thread(target=print, args=(1,))\nt.start()\nt.join()" });

/** Serves a file of the page with other headers, or another body. */
const serve = (page, file, headers, body) =>
  page.route(`**/${file}`, async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, headers: { ...response.headers(), ...headers }, ...(body === undefined ? {} : { body }) });
  });

pageTest("the worker's script has another kind", { expected: SAID }, async (page) => {
  await serve(page, "worker.js", { "content-type": "text/plain" });
  assert.match(await light(page), /worker\.js could not be loaded as a worker: is it there, served as JavaScript/);
  await page.unroute("**/worker.js");
  assert.equal(await light(page), "complete: null");
});

pageTest("the worker's script has no isolation headers", { expected: SAID }, async (page) => {
  await page.route("**/worker.js", async (route) => {
    const response = await route.fetch();
    return route.fulfill({ contentType: "text/javascript", body: await response.text() });
  });
  assert.match(await light(page), /worker\.js could not be loaded as a worker: .*isolation headers/);
});

pythonTest("the same, of a program's run", { expected: SAID }, async (page) => {
  // The measurement's worker is the first to say it; once that is there, the run's own.
  assert.equal(await light(page), "complete: null");
  await serve(page, "worker.js", { "content-type": "text/plain" });
  assert.match(await program(page), /^failed: .*worker\.js could not be loaded as a worker/);
  await page.unroute("**/worker.js");
  await page.route("**/worker.js", (route) => route.fulfill({ status: 404, body: "gone" }));
  assert.match(await program(page), /^failed: .*worker\.js could not be loaded as a worker/);
  await page.unroute("**/worker.js");
  await page.route("**/gilscope_python.js", (route) => route.fulfill({ status: 404, body: "gone" }));
  assert.match(await program(page), /^failed: a worker died: .*gilscope_python\.js/);
  await page.unroute("**/gilscope_python.js");
  assert.equal(await program(page), "complete: null");
});

pythonTest("the engine's wasm has another kind or is another file", { expected: SAID }, async (page) => {
  await serve(page, "gilscope_python_bg.wasm*", {}, "<!doctype html>");
  assert.match(await program(page), /^rejected: .*gilscope_python_bg\.wasm.* could not be compiled/);
  await page.unroute("**/gilscope_python_bg.wasm*");
  assert.equal(await program(page), "complete: null", "and when it is right again, all is well");
});

/** A blank page under a policy. */
const under = (policy) => ({
  expected: SAID,
  before: (page) =>
    page.route(`**${BLANK}`, (route) =>
      route.fulfill({
        contentType: "text/html",
        headers: { ...ISOLATED, "Content-Security-Policy": policy },
        body: "<!doctype html><title>under a policy</title>",
      }),
    ),
});

pageTest("a policy without workers", under("script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'"), async (page) => {
  assert.match(await light(page), /worker\.js.*Content-Security-Policy/s);
});

pageTest("a policy without wasm", under("script-src 'self'; worker-src 'self' blob:"), async (page) => {
  assert.match(await light(page), /^rejected: .*gilscope_bg\.wasm could not be compiled: .*(Content Security Policy|unsafe-eval)/s);
});

pythonTest("the policy of the README", under("script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:"), async (page) => {
  for (const method of ["threads", "processes"]) assert.equal(await light(page, method), "complete: null", method);
  assert.equal(await program(page), "complete: null");
});
