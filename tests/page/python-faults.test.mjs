// Faults of programs: each is told in Python's words, nothing hangs, nothing recorded before is lost, and the next run runs.

import assert from "node:assert/strict";

import { PAGE, loadEngine } from "./browser.mjs";
import { pythonTest, runProgram, texts } from "./python.mjs";

/** A program that kills a worker of a pool. Each in a run of its own: a killed worker may go on computing for a while. */
const killed = (main) => `
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

def spin():
    while True:
        pass

def kill(executor, *call):
    future = executor.submit(*call)
    time.sleep(1)
    next(iter(executor._processes.values())).kill()
    try:
        return future.result()
    except BrokenProcessPool:
        return "broken"

if __name__ == "__main__":
    ${main}
`;

/** Programs that say what went wrong, and what they are to print: nothing else, in this order. */
const PROGRAMS = {
  "an exception in a call, asked for or not, and in a callback": [
    `
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor, InterpreterPoolExecutor

def fail(n):
    raise ValueError(f"no {n}")

def callback(future):
    raise KeyError("callback")

if __name__ == "__main__":
    for pool in ThreadPoolExecutor, ProcessPoolExecutor, InterpreterPoolExecutor:
        with pool(max_workers=2) as executor:
            asked = executor.submit(fail, 1)
            asked.add_done_callback(callback)
            executor.submit(fail, 2)
        try:
            asked.result()
        except ValueError as error:
            print(pool.__name__, type(error).__name__, error, type(error.__cause__).__name__)
        try:
            list(pool(max_workers=1).map(fail, [3, 4]))
        except ValueError as error:
            print("map", error)
`,
    [
      "ThreadPoolExecutor ValueError no 1 NoneType",
      "map no 3",
      "ProcessPoolExecutor ValueError no 1 _RemoteTraceback",
      "map no 3",
      "InterpreterPoolExecutor ValueError no 1 ExecutionFailed",
      "map no 3",
    ],
    /exception calling callback[\s\S]*KeyError: 'callback'/,
  ],
  "an initializer that fails": [
    `
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor, InterpreterPoolExecutor, BrokenExecutor

def broken():
    raise OSError("no initializer")

if __name__ == "__main__":
    for pool in ThreadPoolExecutor, ProcessPoolExecutor, InterpreterPoolExecutor:
        executor = pool(max_workers=2, initializer=broken)
        future = executor.submit(print, "never")
        try:
            future.result()
        except BrokenExecutor as error:
            print(type(error).__name__)
        try:
            executor.submit(print, "never")
        except BrokenExecutor as error:
            print(type(error).__name__)
        executor.shutdown()
`,
    ["BrokenThreadPool", "BrokenThreadPool", "BrokenProcessPool", "BrokenProcessPool", "BrokenInterpreterPool", "BrokenInterpreterPool"],
    /OSError: no initializer/,
  ],
  "what cannot be pickled": [
    `
import threading
from concurrent.futures import ProcessPoolExecutor, InterpreterPoolExecutor

def gives_lock():
    return threading.Lock()

def fine(x):
    return x

class Two(Exception):
    def __init__(self, a, b):
        super().__init__(a + b)

def raises():
    raise Two("a", "b")

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=1) as executor:
        for call in [(fine, threading.Lock()), (gives_lock,), (lambda: 1,)]:
            error = executor.submit(*call).exception()
            print(type(error).__name__, "pickle" in str(error))
        print(executor.submit(fine, "goes on").result())
        print(type(executor.submit(raises).exception()).__name__)
    with InterpreterPoolExecutor(max_workers=1) as executor:
        for call in [(fine, threading.Lock()), (gives_lock,)]:
            print(type(executor.submit(*call).exception()).__name__)
        print(executor.submit(fine, "goes on").result())
`,
    ["TypeError True", "TypeError True", "PicklingError True", "goes on", "BrokenProcessPool", "NotShareableError", "NotShareableError", "goes on"],
  ],
  "a process killed while it starts": [
    `
import multiprocessing

def spin():
    while True:
        pass

if __name__ == "__main__":
    process = multiprocessing.Process(target=spin)
    process.start()
    process.kill()
    process.join()
    print("starting", process.exitcode)
`,
    ["starting -9"],
  ],
  "a process killed while it computes": [killed('print(kill(ProcessPoolExecutor(max_workers=2), spin))'), ["broken"]],
  "a process killed while it sleeps": [killed('print(kill(ProcessPoolExecutor(max_workers=2), time.sleep, 60))'), ["broken"]],
  "a process killed while it has nothing to do": [
    killed(`executor = ProcessPoolExecutor(max_workers=1)
    print("before", executor.submit(len, "").result(), kill(executor, len, "a"))
    time.sleep(0.3)
    try:
        executor.submit(len, "").result()
    except BrokenProcessPool:
        print("and broken")`),
    ["before 0 1", "and broken"],
  ],
  "a process that ends while its program is imported": [
    `
import os
from concurrent.futures import ProcessPoolExecutor

def fine():
    return 1

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as executor:
        print(type(executor.submit(fine).exception()).__name__)
else:
    os._exit(3)
`,
    ["BrokenProcessPool"],
  ],
  "endless recursion, in the program and in a thread": [
    `
import threading

def again():
    return again()

def caught():
    try:
        again()
    except RecursionError as error:
        print(threading.current_thread().name, type(error).__name__)

thread = threading.Thread(target=caught, name="thread")
thread.start()
thread.join()
caught()
again()
`,
    ["thread RecursionError", "MainThread RecursionError"],
    /RecursionError: maximum recursion depth exceeded\s*$/,
  ],
};

pythonTest("told in Python's words", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, [source, lines, said = /^$/]] of Object.entries(PROGRAMS)) {
    for (const gil of [true, false]) {
      await t.test(`${name}, ${gil ? "with the GIL" : "free-threaded"}`, async () => {
        const report = await runProgram(page, { source, gil });
        const stderr = texts(report, "stderr").join("\n");
        assert.deepEqual([report.end, report.failure], ["complete", null], stderr);
        assert.deepEqual(texts(report), lines, stderr);
        assert.match(stderr, said);
      });
    }
  }
});

pythonTest("more threads than there can be: Python's own error", {}, async (page) => {
  await loadEngine(page);
  const report = await runProgram(page, {
    source: `
import threading
go = threading.Event()
started = 0
try:
    while started < 20_000:
        threading.Thread(target=go.wait).start()
        started += 1
except (RuntimeError, MemoryError) as error:
    print(started >= 64, error)
go.set()
`,
  });
  assert.deepEqual([report.end, texts(report)], ["complete", ["True can't start new thread"]], texts(report, "stderr").join("\n"));
  assert.equal((await runProgram(page, { source: "print('next')" })).end, "complete");
});

/** In each state that a thread can be in; the program says "on" when it is, and would go on for ever. */
const STATES = {
  "while it starts": "print('on')\nimport asyncio, json, decimal, statistics\nwhile True: pass",
  computing: "print('on')\nwhile True: pass",
  sleeping: "import time\nprint('on')\ntime.sleep(3600)",
  "waiting for a lock": "import threading\nlock = threading.Lock()\nlock.acquire()\nprint('on')\nlock.acquire()",
  "waiting for the GIL": `
import threading
def spin():
    while True: pass
for _ in range(5): threading.Thread(target=spin).start()
print("on")
spin()`,
  "waiting for a queue": "import queue\nprint('on')\nqueue.Queue().get()",
  "waiting in an event loop": "import asyncio\nprint('on')\nasyncio.run(asyncio.sleep(3600))",
  "copying to a process": `
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=1) as executor:
        executor.submit(len, b"").result()
        print("on")
        while True:
            executor.submit(len, bytes(8_000_000)).result()`,
  "with processes that compute": `
from concurrent.futures import ProcessPoolExecutor
def spin(x):
    while True: pass
if __name__ == "__main__":
    executor = ProcessPoolExecutor(max_workers=2)
    for n in range(2): executor.submit(spin, n)
    print("on")
    spin(0)`,
  "with interpreters that compute": `
from concurrent.futures import InterpreterPoolExecutor
def spin(x):
    while True: pass
executor = InterpreterPoolExecutor(max_workers=2)
for n in range(2): executor.submit(spin, n)
print("on")
spin(0)`,
};

pythonTest("Stop in each state", {}, async (page, t) => {
  await loadEngine(page);
  for (const [name, source] of Object.entries(STATES)) {
    for (const gil of [true, false]) {
      await t.test(`${name}, ${gil ? "with the GIL" : "free-threaded"}`, async () => {
        const report = await runProgram(page, { source, gil }, { stopWhen: "on" });
        assert.ok(["stopped", "deadlock"].includes(report.end), report.end);
        // One state needs no Stop where a deadlock is noticed.
        if (report.end === "deadlock") assert.match(name, /waiting for a (lock|queue)/);
        assert.deepEqual(texts(report), ["on"], "what was recorded stays");
        assert.ok(report.trace.spans.length > 0 && report.trace.spans.every(({ end }) => end !== null));
        if (report.stopTook !== undefined) assert.ok(report.stopTook < 1000, `stopped after ${report.stopTook} ms`);
      });
    }
  }
  assert.deepEqual(texts(await runProgram(page, { source: "print('next')" })), ["next"]);
});

const element = (page) => page.locator("gil-scope");

pythonTest("100 MB of output: its beginning is kept, the rest is counted, and the page lives", { at: PAGE }, async (page, t) => {
  await element(page).evaluate((element) => element.ready);
  const cases = [
    ["a million lines", "for n in range(1_000_000): print('x' * 100)", { lines: 980_000, bytes: 98_000_000 }, /^995,000 more lines were printed; 98\.0 MB/],
    ["lines without end", "import sys\nfor n in range(1000): sys.stdout.write('x' * 100_000)\nprint()", { lines: 0, bytes: 99_934_528 }, /^99\.9 MB/],
    ["lines of 10 MB", "for n in range(10): print('x' * 10_000_000)", { lines: 0, bytes: 99_345_280 }, /^99\.3 MB/],
  ];
  for (const [name, source, leftOut, said] of cases) {
    await t.test(name, async () => {
      await element(page).evaluate((element, program) => (element.program = program), `${source}\nraise ValueError("at the end")\n`);
      let over = false;
      const ended = element(page).evaluate(async (element) => {
        const [{ end, failure, output, leftOut }] = await element.run();
        return { end, failure, lines: output.length, last: output.at(-1).text, leftOut };
      });
      ended.finally(() => (over = true)).catch(() => {});
      let longest = 0;
      while (!over) {
        const asked = performance.now();
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
        longest = Math.max(longest, performance.now() - asked);
        await page.waitForTimeout(50);
      }
      t.diagnostic(`${name}: the page answered after ${Math.round(longest)} ms at most`);
      const report = await ended;
      assert.deepEqual([report.end, report.failure, report.last], ["complete", null, "ValueError: at the end"]);
      assert.deepEqual(report.leftOut, leftOut);
      assert.match(await element(page).locator(".end").textContent(), said);
      assert.match(await element(page).locator(".output li").last().textContent(), /^ValueError: at the end/);
      assert.ok(longest < 8000, `the page did not answer for ${longest} ms`);
    });
  }
});

pythonTest("memory that runs out ends the run, not the page", { expected: [/memory|unreachable|RuntimeError|unable to allocate/i] }, async (page) => {
  await loadEngine(page);
  const report = await runProgram(page, { source: "print('on')\nkept = []\nwhile True: kept.append(bytearray(10_000_000))\n" });
  assert.ok(report.end === "failed" || /MemoryError/.test(texts(report, "stderr").join()), report.end);
  assert.deepEqual(texts(report), ["on"], "what was recorded stays");
  assert.equal((await runProgram(page, { source: "print('next')" })).end, "complete");
});
