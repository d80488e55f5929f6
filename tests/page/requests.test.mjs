// Wrong requests, by the interface for scripts: the error names the place, the value and what is allowed.

import assert from "node:assert/strict";

import { METHODS, loadEngine, pageTest, run } from "./browser.mjs";

const task = (steps, call = { function: "f" }) => ({ tasks: [{ call, steps }] });
const example = (rest) => ({ example: "cpu-four", method: "threads", ...rest });
const workload = (workload, rest) => ({ workload, method: "threads", ...rest });

/** What is wrong, the request, and what the error must contain: the place, the value, what is allowed. */
const WRONG = [
  ["nothing at all", {}, ["example:", "missing"]],
  ["no method", { example: "cpu-four" }, ["method:", "missing", METHODS.join(", ")]],
  ["neither example nor workload", { method: "threads" }, ["example:", "missing", "a request has an example or a workload"]],
  ["both", example({ workload: task([]) }), ["workload:", "one of both"]],
  ["an unknown field", example({ maxworkers: 3 }), ["maxworkers", "unknown field", "`maxWorkers`"]],
  ["an unknown example", example({ example: "cpu-five" }), ["example:", '"cpu-five"', "cpu-four", "mixed-eight"]],
  ["an unknown method", example({ method: "thread" }), ["method:", '"thread"', METHODS.join(", ")]],
  ["no worker", example({ maxWorkers: 0 }), ["maxWorkers:", "0 is not allowed", "from 1 to 64"]],
  ["too many workers", example({ maxWorkers: 10_000 }), ["maxWorkers:", "10000 is not allowed", "from 1 to 64"]],
  ["half a worker", example({ maxWorkers: 2.5 }), ["maxWorkers:", "2.5"]],
  ["workers as text", example({ maxWorkers: "4" }), ["maxWorkers:", '"4"']],
  ["too short an interval", example({ switchInterval: 0.0001 }), ["switchInterval:", "0.0001", "from 0.0005 to 0.1 seconds"]],
  ["milliseconds instead of seconds", example({ switchInterval: 5 }), ["switchInterval:", "5 is not allowed", "seconds"]],
  ["no start method", example({ startMethod: "thread" }), ["startMethod:", '"thread"', "fork, forkserver, spawn"]],
  ["no scale", example({ scale: 0 }), ["scale:", "0 is not allowed", "from 0.01 to 1"]],
  ["a longer scale", example({ scale: 2 }), ["scale:", "2 is not allowed", "from 0.01 to 1"]],
  ["no tasks", workload({ tasks: [] }), ["workload.tasks:", "0 tasks", "from 1 to 10000"]],
  ["too many tasks", workload({ tasks: Array(10_001).fill({ call: { function: "f" } }) }), ["workload.tasks:", "10001 tasks"]],
  ["too many workers of a workload", workload({ ...task([]), maxWorkers: 65 }), ["workload.maxWorkers:", "65", "from 1 to 64"]],
  ["an unknown way to print", workload({ ...task([]), results: "all" }), ["workload.results", "all", "listThenEach"]],
  ["no function", workload({ tasks: [{ call: {} }] }), ["workload.tasks[0].call", "function"]],
  ["no Python name", workload(task([], { function: "f g" })), ["workload.tasks[0].call.function:", '"f g"', "Python name"]],
  [
    "parameters that do not fit",
    workload(task([], { function: "f", parameters: ["a"], args: [1, 2] })),
    ["workload.tasks[0].call:", "1 parameters (a)"],
  ],
  ["an unknown step of the main program", workload({ ...task([]), then: [{ wait: 3 }] }), ["workload.then[0]", "wait", "`shutdown`"]],
  ["no task to cancel", workload({ ...task([]), then: [{ cancel: 1 }] }), ["workload.then[0].cancel:", "1 is not allowed"]],
  ["an exit of the whole program", workload(task([{ exit: 1 }])), ["workload.tasks[0].steps:", "run it by processes"]],
  ["an unknown step", workload(task([{ wait: 3 }])), ["workload.tasks[0].steps[0]", "wait", "`sleep`"]],
  ["two steps in one", workload(task([{ sleep: 1, print: "" }])), ["workload.tasks[0].steps[0]"]],
  ["a negative time", workload(task([{ sleep: -1 }])), ["workload.tasks[0].steps[0].sleep:", "-1", "from 0 to 60 seconds"]],
  ["too long a time", workload(task([{ print: "" }, { sleep: 61 }])), ["workload.tasks[0].steps[1].sleep:", "61", "60"]],
  ["no time", workload(task([{ sleep: true }])), ["workload.tasks[0].steps[0].sleep:", "true", "from 0 to 60 seconds"]],
  ["a time by no parameter", workload(task([{ sleep: "n" }])), ["workload.tasks[0].steps[0].sleep:", '"n" is not a parameter']],
  [
    "a time by a parameter that is none",
    workload(task([{ sleep: "n" }], { function: "f", parameters: ["n"], args: ["long"] })),
    ["workload.tasks[0].steps[0].sleep:", "from 0 to 60 seconds"],
  ],
  ["too much to compute", workload(task([{ compute: { seconds: 99 } }])), ["steps[0].compute.seconds:", "99", "60"]],
  ["negative primes", workload(task([{ compute: { primesBelow: -5 } }])), ["steps[0].compute.primesBelow:", "-5", "from 0 to"]],
  [
    "a repetition without an end",
    workload(task([{ repeat: { times: 1e6, steps: [] } }])),
    ["steps[0].repeat.times:", "1000000", "from 0 to 1000"],
  ],
  [
    "too many steps",
    workload(task([{ repeat: { times: 100, steps: Array(11).fill({ print: "" }) } }])),
    ["workload.tasks[0].steps:", "more than 1000 steps"],
  ],
  [
    "a repetition that returns",
    workload(task([{ repeat: { times: 2, steps: ["returnCount"] } }])),
    ["steps[0].repeat.steps:", "cannot end the call"],
  ],
  ["steps after the end", workload(task(["returnCount", { print: "" }])), ["workload.tasks[0].steps[0]:", "must be the last"]],
  ["no exception", workload(task([{ raise: {} }])), ["workload.tasks[0].steps[0]", "type"]],
  ["too large a value", workload(task([{ return: { bytes: 1e9 } }])), ["steps[0].return", "bytes(1000000000)", "from 0 to 67108864"]],
];

pageTest("wrong requests are refused in words", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, request, parts] of WRONG) {
    await t.test(name, async () => {
      const error = await page.evaluate(
        (request) => scope.run(request).then(() => null, (error) => ({ isError: error instanceof Error, text: error.message })),
        request,
      );
      assert.ok(error, "it ran");
      assert.ok(error.isError);
      for (const part of parts) assert.ok(error.text.includes(part), `“${error.text}” does not say “${part}”`);
      assert.ok(error.text.length < 500, error.text);
    });
  }
  await t.test("what is no request at all", async () => {
    const errors = await page.evaluate(() => {
      const circular = { example: "cpu-four", method: "threads" };
      circular.itself = circular;
      const requests = [undefined, null, 3, "cpu-four", [], circular];
      return Promise.all(requests.map((request) => scope.run(request).then(() => null, (error) => error.message)));
    });
    assert.equal(errors.length, 6);
    for (const error of errors) assert.match(error, /^request: |circular/, String(error));
  });
  await t.test("source() refuses them too", async () => {
    const error = await page.evaluate(() => {
      try {
        return scope.source({ example: "cpu-four", method: "thread" });
      } catch (error) {
        return error.message;
      }
    });
    assert.match(error, /^method: "thread"/);
  });
  await t.test("a request is what it was when it was sent", async () => {
    const methods = await page.evaluate(async () => {
      const request = { example: "threads-simple", scale: 0.01 };
      const runs = ["sequential", "asyncio"].map((method) => scope.run(Object.assign(request, { method })));
      return (await Promise.all(runs)).map(({ method }) => method);
    });
    assert.deepEqual(methods, ["sequential", "asyncio"]);
  });
  await t.test("none of them spoils what comes after", async () => {
    const { end } = await run(page, { example: "threads-simple", method: "threads", scale: 0.01 });
    assert.equal(end, "complete");
  });
});

pageTest("a callback that throws does not spoil the run", { expected: [/my callback/] }, async (page) => {
  await loadEngine(page);
  for (const method of METHODS) {
    const end = await page.evaluate(async (method) => {
      const callback = () => {
        throw new Error("my callback");
      };
      const request = { example: "threads-simple", method, scale: 0.01 };
      const late = new Promise((resolve) => setTimeout(() => resolve("it hangs"), 10_000));
      return Promise.race([scope.run(request, { onSpans: callback, onUpdate: callback }).then(({ end }) => end), late]);
    }, method);
    assert.equal(end, "complete", method);
  }
});
