// Files that are missing, broken or silent: an error names the file, and nothing hangs.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { PAGE, addElement, loadEngine, pageTest, run } from "./browser.mjs";
import { SHORT } from "./workloads.mjs";

const MISSING = /Failed to load resource: the server responded with a status of 404/;
const gone = (route) => route.fulfill({ status: 404, body: "gone" });
/** The headers that a worker's script needs in an isolated page. */
const script = (body) => (route) =>
  route.fulfill({
    contentType: "text/javascript",
    headers: { "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "cross-origin" },
    body,
  });

/** How a run of this method ends: its failure, or the error that it was rejected with. */
const failure = (page, method) =>
  page.evaluate(
    async ([workload, method]) => {
      const { Gilscope } = await import("/www/gilscope.js");
      globalThis.scope = await Gilscope.load();
      const run = scope.run({ workload, method });
      return run.then(({ end, failure }) => `${end}: ${failure}`, (error) => `rejected: ${error.message}`);
    },
    [SHORT, method],
  );

pageTest("the worker's script is missing", { expected: [MISSING], before: (page) => page.route("**/worker.js", gone) }, async (page) => {
  assert.match(await failure(page, "sequential"), /worker\.js could not be loaded/);
  // The next one says it too, and so does the element, where the reader sees it.
  assert.match(await failure(page, "threads"), /worker\.js could not be loaded/);
  const element = await addElement(page, { methods: "threads,asyncio" });
  const errors = await element.evaluate(async (element) => {
    const errors = [];
    element.addEventListener("gil-scope-error", ({ detail }) => errors.push(detail.error.message));
    await element.run();
    return errors;
  });
  assert.equal(errors.length, 2);
  for (const error of errors) assert.match(error, /worker\.js could not be loaded/);
  assert.match(await element.locator(".messages").textContent(), /worker\.js could not be loaded/);
  assert.equal(await element.locator("button.run").textContent(), "Run");

  // And when it is there again, all is well.
  await page.unroute("**/worker.js");
  assert.equal(await failure(page, "threads"), "complete: null");
});

pageTest("the worker's script is broken", { before: (page) => page.route("**/worker.js", script("throw new Error('broken')")) }, async (page) => {
  assert.match(await failure(page, "sequential"), /a worker died: .*broken/);
});

pageTest("the worker's script is gone after the measurement", { expected: [MISSING] }, async (page) => {
  await loadEngine(page);
  await page.route("**/worker.js", gone);
  assert.match(await failure(page, "sequential"), /^failed: .*worker\.js could not be loaded/);
  await page.unroute("**/worker.js");
  assert.equal(await failure(page, "sequential"), "complete: null");
});

pageTest("the worker says nothing", {}, async (page) => {
  await loadEngine(page);
  await page.route("**/worker.js", script(""));
  // The page's clock goes on when the test says so: half a minute is over at once.
  await page.clock.install();
  const ended = failure(page, "sequential");
  await page.waitForTimeout(500);
  await page.clock.fastForward(31_000);
  assert.match(await ended, /^failed: .*worker\.js did not begin the run within 30 s/);
});

pageTest("the worker says what nobody understands", {}, async (page) => {
  await loadEngine(page);
  await page.route("**/worker.js", script("addEventListener('message', () => postMessage({ nonsense: [1, 2, 3] }))"));
  assert.match(await failure(page, "sequential"), /^failed: what a worker said cannot be read: /);
  await page.unroute("**/worker.js");
  assert.equal(await failure(page, "sequential"), "complete: null");
});

pageTest("the measurement says nothing", { before: (page) => page.route("**/worker.js", script("")) }, async (page) => {
  await page.clock.install();
  const ended = failure(page, "sequential");
  await page.waitForTimeout(500);
  await page.clock.fastForward(31_000);
  assert.match(await ended, /worker\.js did not answer within 30 s/);
});

/** Passes requests on to the page's server, but for those that `broken` picks: what workers make is not on page.route's way. */
async function proxy(t, page, broken) {
  const target = new URL(page.url()).origin;
  const server = createServer(async (request, response) => {
    if (broken(request)) return response.writeHead(404, { "Cross-Origin-Embedder-Policy": "require-corp" }).end();
    const answer = await fetch(target + request.url, { headers: { connection: "close" } });
    const body = Buffer.from(await answer.arrayBuffer());
    const { connection, "keep-alive": alive, ...headers } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await page.goto(`http://localhost:${server.address().port}${new URL(page.url()).pathname}`);
}

pageTest("a process cannot load its script", { expected: [MISSING] }, async (page, t) => {
  // The run's own worker comes up; its processes ask for the same script, and say that a worker does.
  await proxy(t, page, ({ url, headers }) => /worker\.js$/.test(url) && /worker\.js$/.test(headers.referer));
  assert.equal(await failure(page, "sequential"), "complete: null");
  assert.match(await failure(page, "processes"), /^failed: a process could not load .*worker\.js/);
  const { results, output } = await run(page, { workload: SHORT, method: "processes" });
  assert.deepEqual(new Set(results.map(({ exception }) => exception?.type)), new Set(["BrokenProcessPool"]));
  assert.match(output.at(-1).text, /^BrokenProcessPool: /);
});

pageTest("a thread cannot load its script", { expected: [MISSING] }, async (page, t) => {
  // The pool's workers get their script by fetch(); what the run's worker imports itself comes as a script. This takes the
  // 20 seconds that the run gives them: only the browser knows that they failed.
  await proxy(t, page, ({ url, headers }) => /workerHelpers/.test(url) && headers["sec-fetch-dest"] === "empty");
  assert.equal(await failure(page, "sequential"), "complete: null");
  assert.match(await failure(page, "threads"), /^failed: .*threads (did not start within|could not be started)/);
  assert.equal(await failure(page, "processes"), "complete: null");
});

pageTest("the wasm is missing", { expected: [MISSING], before: (page) => page.route("**/*.wasm", gone) }, async (page) => {
  assert.match(await failure(page, "sequential").catch(({ message }) => message), /gilscope_bg\.wasm could not be loaded \(HTTP 404\).*make build/);
  const element = await addElement(page);
  assert.match(await element.locator(".messages").textContent(), /gilscope_bg\.wasm could not be loaded/);
  assert.ok(await element.locator("button.run").isDisabled());
  const error = await element.evaluate((element) => element.run().catch(({ message }) => message));
  assert.match(error, /gilscope_bg\.wasm/);
});

pageTest("the wasm is missing on the page", { at: PAGE, expected: [MISSING, /preload/], before: (page) => page.route("**/*.wasm", gone) }, async (page) => {
  const told = page.locator("gil-scope .messages");
  await told.waitFor();
  assert.match(await told.textContent(), /gilscope_bg\.wasm could not be loaded/);
});

pageTest("the wasm is something else", { before: (page) => page.route("**/*.wasm", (route) => route.fulfill({ contentType: "application/wasm", body: "<html>" })) }, async (page) => {
  const error = await failure(page, "sequential").catch(({ message }) => message);
  assert.match(error, /gilscope_bg\.wasm/, `“${error}” names no file`);
});
