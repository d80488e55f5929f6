// Stop ends whatever a program does; what breaks is told; and each time the next run begins anew.
//
//     node python/tests/stop.mjs [WORD...]     (only the tests whose name has one of the words)

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const words = process.argv.slice(2);
const browser = await open();
let wrong = 0;
const text = (report) => report.lines.map((line) => line.text);

/** Runs a program, checks what came of it, and that the next one runs. */
async function test(name, source, options, check) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const report = await browser.run(source, options);
  try {
    check(report);
    const next = await browser.run("import threading\nt = threading.Thread(target=print, args=('next',))\nt.start()\nt.join()");
    assert.deepEqual([next.how, text(next)], ["complete", ["next"]], "the next run");
    console.log(`ok ${name} (${report.stopTook === undefined ? JSON.stringify(report.how).slice(0, 120) : `stopped in ${report.stopTook.toFixed(1)} ms`})`);
  } catch (error) {
    wrong++;
    console.log(`not ok ${name}: ${error.message}\n  ended ${JSON.stringify(report.how)}`);
    for (const line of text(report).slice(0, 20)) console.log(`  | ${line}`);
    for (const line of browser.told.splice(0)) console.log(`  console: ${line.slice(0, 300)}`);
  }
}

// Stop. Each program says "on" when all of it is where it is to be stopped.

const stopped = {
  "threads that compute": `import threading
def f():
    while True: pass
for _ in range(4): threading.Thread(target=f).start()
print('on')
f()`,
  "threads that sleep": `import threading, time
for _ in range(4): threading.Thread(target=time.sleep, args=(100,)).start()
print('on')
time.sleep(100)`,
  "threads that wait for a lock": `import threading, time
lock = threading.Lock()
lock.acquire()
for _ in range(4): threading.Thread(target=lock.acquire).start()
print('on')
time.sleep(100)`,
  "processes that compute": `from multiprocessing import Process, Queue
def f(q):
    q.put(1)
    while True: pass
if __name__ == '__main__':
    q = Queue()
    for _ in range(2): Process(target=f, args=(q,)).start()
    for _ in range(2): q.get()
    print('on')
    while True: pass`,
  "processes of a pool that sleep": `from concurrent.futures import ProcessPoolExecutor
import time
def f(): return 1
if __name__ == '__main__':
    with ProcessPoolExecutor(2) as ex:
        ex.submit(f).result()
        futures = [ex.submit(time.sleep, 100) for _ in range(4)]
        print('on')
        futures[0].result()`,
  "interpreters that compute": `from concurrent.futures import InterpreterPoolExecutor
def f():
    while True: pass
with InterpreterPoolExecutor(2) as ex:
    ex.submit(int).result()
    for _ in range(2): ex.submit(f)
    print('on')`,
  "a loop with timers": `import asyncio
async def tick():
    while True: await asyncio.sleep(0.001)
async def main():
    tasks = [asyncio.create_task(tick()) for _ in range(20)]
    print('on')
    await asyncio.gather(*tasks)
asyncio.run(main())`,
  "a coroutine that hogs the loop": `import asyncio
async def main():
    print('on')
    while True: pass
asyncio.run(main())`,
};
for (const [what, source] of Object.entries(stopped)) {
  for (const gil of [true, false]) {
    await test(`stop: ${what} (${gil ? "GIL" : "free-threaded"})`, source, { gil, stopWhen: "on" }, (report) => {
      assert.equal(report.how, "stopped");
      assert.deepEqual(text(report), ["on"]);
      assert.ok(report.stopTook < 100, `stopped after ${report.stopTook} ms`);
    });
  }
}

// What breaks

const last = (report) => text(report).at(-1) ?? "";
await test("endless recursion", "def f(): f()\nf()", {}, (report) => {
  assert.match(last(report), /^RecursionError: maximum recursion depth exceeded/);
  assert.deepEqual(report.how, { exit: 1 });
});
await test("endless recursion without a limit", "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", {}, (report) => {
  if (report.how?.exit) assert.match(last(report), /^(RecursionError|MemoryError)/);
  else assert.match(report.how?.failed ?? "", /stack/, "a sentence about the stack");
});
await test("recursion in the interpreter's own code", "x = []\nfor _ in range(10**5): x = [x]\nprint(len(repr(x)))", {}, (report) => {
  if (report.how?.exit) assert.match(last(report), /^(RecursionError|MemoryError)/);
  else assert.match(report.how?.failed ?? "", /stack/, "a sentence about the stack");
});
await test("source too deep to be read", `eval('(' * 20000 + ')' * 20000)`, {}, (report) => {
  if (report.how?.exit) assert.match(last(report), /^(RecursionError|MemoryError|SyntaxError)/);
  else assert.match(report.how?.failed ?? "", /stack/, "a sentence about the stack");
});
// What does not fit is an error of Python's own while there is room for one; where nothing fits, the run's end.
await test("no memory for something large", "x = []\nwhile True: x.append(bytearray(10_000_000))", {}, (report) => {
  assert.equal(last(report), "MemoryError", JSON.stringify(report.how));
});
const fill = `def fill():
    x = []
    try:
        while True: x.append(bytearray(10_000_000))
    except MemoryError:
        while True: x.append([1] * 10)
`;
await test("no memory for anything", `${fill}fill()`, {}, (report) => {
  assert.match(report.how?.failed ?? "", /memory/, "a sentence about the memory");
});
await test(
  "a process without memory",
  `from concurrent.futures import ProcessPoolExecutor
${fill}
if __name__ == '__main__':
    with ProcessPoolExecutor(1) as ex:
        try: ex.submit(fill).result()
        except Exception as error: print(type(error).__name__)`,
  {},
  (report) => {
    assert.equal(report.how, "complete");
    assert.ok(text(report).includes("BrokenProcessPool"));
    assert.ok(text(report).some((line) => /^process \d+ died: .*memory/.test(line)), "it is said why");
  },
);
await test("not compiled", "x = 1\ndef broken(:\n", {}, (report) => {
  assert.equal(text(report)[0], '  File "example.py", line 2');
  assert.deepEqual(report.how, { exit: 1 });
});

// Many threads

await test(
  "a pool of 32 that all block",
  `from concurrent.futures import ThreadPoolExecutor
import threading
gate = threading.Barrier(32)
with ThreadPoolExecutor(max_workers=32) as ex:
    print(sorted(ex.map(lambda i: (gate.wait(), i)[1], range(32))) == list(range(32)))`,
  {},
  (report) => assert.deepEqual([report.how, text(report)], ["complete", ["True"]]),
);
await test(
  "more threads than there can be",
  `import threading
stop = threading.Event()
threads = []
try:
    for _ in range(400):
        t = threading.Thread(target=stop.wait)
        t.start()
        threads.append(t)
except RuntimeError as error:
    print(error)
print(len(threads) > 100)
stop.set()
for t in threads: t.join()`,
  {},
  (report) => assert.deepEqual([report.how, text(report)], ["complete", ["can't start new thread", "True"]]),
);

await browser.close();
console.log(wrong === 0 ? "# all as it should be" : `# ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
