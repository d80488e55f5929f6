// What the record says of programs: results, ends, deadlocks, what is waited for, lines, coroutines, each interpreter's GIL.
//
//     node python/tests/record.mjs [WORD...]     (only the tests whose name has one of the words)

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const words = process.argv.slice(2);
const browser = await open();
let wrong = 0;

/** The states of each lane, in order: what for, at which line. */
function states(report) {
  const lanes = {};
  for (const { lane, mark, state, task } of report.events) {
    const own = (lanes[lane] ??= { states: [], line: undefined, detail: undefined });
    if (mark === "line") own.line = task;
    if (mark === "detail") own.detail = report.details[task];
    if (mark === "state") {
      own.states.push({ lane: report.lanes[lane].name, state, line: own.line, detail: own.detail, task: report.tasks[task] });
      own.detail = undefined;
    }
  }
  return Object.values(lanes).flatMap(({ states }) => states);
}

async function test(name, source, check, { modes = [true, false], ...options } = {}) {
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  for (const gil of modes) {
    const title = `${name} (${gil ? "GIL" : "free-threaded"})`;
    const report = await browser.run(source, { gil, ...options });
    try {
      await check(report, gil);
      console.log(`ok ${title}`);
    } catch (error) {
      wrong++;
      console.log(`not ok ${title}: ${error.message}\n  ended ${JSON.stringify(report.how)}`);
      for (const { stream, text } of report.lines) console.log(`  ${stream === "stderr" ? "!" : "|"} ${text}`);
      for (const line of browser.told.splice(0)) console.log(`  console: ${line}`);
      const seen = new Set(states(report).map((each) => JSON.stringify(each)));
      for (const each of [...seen].slice(0, 60)) console.log(`    ${each}`);
    }
  }
}

const results = (report) => Object.fromEntries(Object.entries(report.tasks).map(([n, task]) => [task, report.outcomes[n]]));
/** Whether a lane of that name waited for that, at that line. */
function waited(report, lane, detail, line) {
  const found = states(report).filter((each) => each.detail === detail && (lane === undefined || each.lane === lane));
  assert.ok(found.length > 0, `${lane ?? "no lane"} did not wait for ${detail}`);
  if (line !== undefined) assert.deepEqual([...new Set(found.map((each) => each.line))], [line], `the line of ${detail}`);
}

// Results

await test(
  "results of threads",
  `from concurrent.futures import ThreadPoolExecutor
import time
class Odd:
    def __repr__(self): raise RuntimeError
def f(x):
    if x == 'raise': raise ValueError('no such thing')
    if x == 'long': return list(range(1000))
    if x == 'text': return 'a' * 1000
    if x == 'odd': return Odd()
    if x == 'slow': time.sleep(0.2)
    return {'x': [1, (x,)]}
class Call:
    def __call__(self, x): return x + 1
with ThreadPoolExecutor(1) as ex:
    ex.submit(Call(), 4)
    futures = [ex.submit(f, x) for x in ('slow', 'plain', 'raise', 'long', 'text', 'odd', 'never')]
    print(futures[-1].cancel())
`,
  (report) => {
    assert.equal(report.how, "complete");
    const got = results(report);
    assert.equal(got["f('plain')"], "{'x': [1, ('plain',)]}");
    assert.deepEqual(got["f('raise')"], { type: "ValueError", message: "no such thing" });
    assert.equal(got["f('long')"], "<list of 1000>");
    assert.equal(got["f('text')"], `'${"a".repeat(37)}...'`);
    assert.equal(got["f('odd')"], "<Odd>");
    assert.equal(got["Call(4)"], "5", "what is called need not be a function");
    assert.deepEqual(got["f('never')"], { type: "CancelledError", message: "" });
  },
);
await test(
  "results of processes",
  `from concurrent.futures import ProcessPoolExecutor
import os
def f(x):
    if x == 'die': os._exit(1)
    if x == 'raise': raise KeyError(x)
    return x * 2
if __name__ == '__main__':
    with ProcessPoolExecutor(2) as ex:
        print(list(ex.map(f, [1, 2])))
        for x in 'raise', 'die':
            try: ex.submit(f, x).result()
            except Exception as error: print(type(error).__name__)
`,
  (report) => {
    const got = results(report);
    assert.equal(got["f(1)"], "2");
    assert.equal(got["f(2)"], "4");
    assert.deepEqual(got["f('raise')"], { type: "KeyError", message: "'raise'" });
    assert.equal(got["f('die')"].type, "BrokenProcessPool");
    assert.match(got["f('die')"].message, /terminated abruptly/);
  },
  { modes: [true] },
);

// Ends

for (const [what, source, how] of [
  ["by itself", "pass", "complete"],
  ["by sys.exit", "import sys\nsys.exit(3)", { exit: 3 }],
  ["by sys.exit with a text", "import sys\nsys.exit('why')", { exit: 1 }],
  ["by an exception", "1 / 0", { exit: 1 }],
  ["by a syntax error", "def (:", { exit: 1 }],
]) {
  await test(`end ${what}`, source, (report) => assert.deepEqual(report.how, how), { modes: [true] });
}

// Deadlocks

const deadlocks = {
  "two locks": [
    `import threading, time
a = threading.Lock()
b = threading.Lock()
def one():
    with a:
        time.sleep(0.1)
        with b: pass
def two():
    with b:
        time.sleep(0.1)
        with a: pass
threads = [threading.Thread(target=one, name='first'), threading.Thread(target=two, name='second')]
for t in threads: t.start()
for t in threads: t.join()
`,
    ["first waits for Lock b, line 7", "second waits for Lock a, line 11", "MainThread waits for Thread first, line 14"],
  ],
  "a pool of one that waits for itself": [
    `from concurrent.futures import ThreadPoolExecutor
ex = ThreadPoolExecutor(1)
def inner(): return 1
def outer():
    return ex.submit(inner).result()
print(ex.submit(outer).result())
`,
    ["ThreadPoolExecutor-0_0 waits for Future inner(), line 5", "MainThread waits for Future outer(), line 6"],
  ],
  "a queue that nobody fills": ["import queue\nq = queue.Queue()\nq.get()\n", ["MainThread waits for Queue q (get), line 3"]],
  "its own lock": ["import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n", ["MainThread waits for Lock lock, line 4"]],
  "a barrier": ["import threading\nb = threading.Barrier(2)\nb.wait()\n", ["MainThread waits for Barrier b, line 3"]],
  "a coroutine that nobody wakes": [
    "import asyncio\nasync def main():\n    await asyncio.Future()\nasyncio.run(main())\n",
    ["MainThread waits for events of its loop, line 4"],
  ],
};
for (const [what, [source, lines]] of Object.entries(deadlocks)) {
  await test(`deadlock: ${what}`, source, (report) => {
    assert.ok(report.how.deadlock, `it ended otherwise`);
    assert.deepEqual(report.how.deadlock.split("; ").sort(), [...lines].sort());
    const told = report.lines.filter(({ stream }) => stream === "stderr");
    assert.equal(told[0].text, "deadlock: no thread can go on");
    assert.deepEqual(told.slice(1).map(({ text }) => text.trim()).sort(), [...lines].sort());
    assert.ok(report.took < 10_000, "it was noticed late");
  }, { modes: what === "two locks" ? [true, false] : [true], limit: 12_000 });
}
await test(
  "deadlock: processes that wait for each other",
  `from multiprocessing import Process, Queue
def child(q, back):
    q.get()
if __name__ == '__main__':
    q, back = Queue(), Queue()
    p = Process(target=child, args=(q, back))
    p.start()
    back.get()
`,
  (report) => {
    assert.match(report.how.deadlock ?? "", /MainThread waits for Queue back \(get\), line 8/);
    assert.match(report.how.deadlock, /waits for Queue q \(get\), line 3/);
  },
  { modes: [true], limit: 20_000 },
);

// No deadlocks: each takes longer than the time after which one is told.

for (const [what, source] of Object.entries({
  "workers without work while the main thread sleeps": `from concurrent.futures import ThreadPoolExecutor
import time
with ThreadPoolExecutor(2) as ex:
    ex.submit(int).result()
    time.sleep(1.8)
`,
  "workers without work while the main thread computes": `from concurrent.futures import ThreadPoolExecutor
import time
with ThreadPoolExecutor(2) as ex:
    ex.submit(int).result()
    end = time.perf_counter() + 1.8
    while time.perf_counter() < end: pass
`,
  "waits with timeouts": `import threading, queue
e = threading.Event()
t = threading.Thread(target=e.wait, args=(1.8,))
t.start()
try: queue.Queue().get(timeout=1.6)
except queue.Empty: pass
t.join()
`,
  "a loop that waits for a timer": "import asyncio\nasyncio.run(asyncio.sleep(1.8))\n",
  "a process that computes, and one that sleeps": `from multiprocessing import Process
import time
def compute():
    end = time.perf_counter() + 1.8
    while time.perf_counter() < end: pass
if __name__ == '__main__':
    for target, args in ((compute, ()), (time.sleep, (1.8,))):
        p = Process(target=target, args=args)
        p.start()
        p.join()
`,
})) {
  await test(`no deadlock: ${what}`, source, (report) => assert.equal(report.how, "complete"), { modes: [true] });
}

// What is waited for, and where

await test(
  "waits have names",
  `import threading, queue, time
from concurrent.futures import ThreadPoolExecutor, wait
lock, again = threading.Lock(), threading.RLock()
ready, gate, room = threading.Event(), threading.Barrier(2), threading.Semaphore(0)
changed = threading.Condition()
jobs, simple = queue.Queue(), queue.SimpleQueue()
forks = [threading.Lock(), threading.Lock()]
class Account:
    def __init__(self):
        self.guard = threading.Lock()
        self.guard.acquire()
    def take(self):
        self.guard.acquire()
account = Account()
lock.acquire(); again.acquire(); forks[1].acquire()
def waits():
    lock.acquire()
    again.acquire()
    ready.wait()
    gate.wait()
    room.acquire()
    with changed:
        changed.wait()
    jobs.get()
    simple.get()
    forks[1].acquire()
    account.take()
def slow(x):
    time.sleep(0.05)
def pause():
    time.sleep(0.05)
t = threading.Thread(target=waits, name='waiter')
t.start()
pause(); lock.release()
pause(); again.release()
pause(); ready.set()
pause(); gate.wait()
pause(); room.release()
pause()
with changed: changed.notify()
pause(); jobs.put(1)
pause(); simple.put(1)
pause(); forks[1].release()
pause(); account.guard.release()
t2 = threading.Thread(target=pause, name='napper')
t2.start()
t2.join()
with ThreadPoolExecutor(1) as ex:
    f = ex.submit(slow, 7)
    f.result()
    wait([ex.submit(slow, 8)])
    ex.submit(slow, 9)
print('ok')
`,
  (report) => {
    assert.equal(report.how, "complete");
    const waits = [
      ["Lock lock", 17], ["RLock again", 18], ["Event ready", 19], ["Barrier gate", 20], ["Semaphore room", 21],
      ["Condition changed", 23], ["Queue jobs (get)", 24], ["SimpleQueue simple", 25], ["Lock forks[1]", 26],
      ["Lock self.guard", 13],
    ];
    for (const [detail, line] of waits) waited(report, "waiter", detail, line);
    waited(report, "MainThread", "Thread napper", 47);
    waited(report, "MainThread", "Future slow(7)", 50);
    waited(report, "MainThread", "wait()", 51);
    waited(report, "MainThread", "ThreadPoolExecutor ex (end of with)");
    waited(report, "ThreadPoolExecutor-0_0", "work");
    const sleeps = states(report).filter(({ lane, state }) => lane === "napper" && state === "waiting-for-io");
    assert.deepEqual([...new Set(sleeps.map(({ line }) => line))], [31], "time.sleep has its line");
  },
);
await test(
  "waits of processes have names",
  `from multiprocessing import Process, Queue, Pipe, Lock
import time
def child(q, there, lock):
    time.sleep(0.2)
    q.put(1)
    time.sleep(0.2)
    there.send(1)
    time.sleep(0.2)
    lock.release()
    time.sleep(0.2)
if __name__ == '__main__':
    q, lock = Queue(), Lock()
    here, there = Pipe()
    lock.acquire()
    p = Process(target=child, args=(q, there, lock))
    p.start()
    q.get()
    here.recv()
    lock.acquire()
    p.join()
`,
  (report) => {
    assert.equal(report.how, "complete");
    for (const [detail, line] of [["Queue q (get)", 17], ["Connection here (recv)", 18], ["Lock lock", 19], ["Process Process-1", 20]]) {
      waited(report, "MainThread", detail, line);
    }
  },
  { modes: [true] },
);
await test(
  "lines of what is printed",
  "import sys\n\ndef f():\n    print('a')\nf()\nsys.stderr.write('b\\n')\nprint(*map(str, [1]))\n",
  (report) => assert.deepEqual(report.lines.map(({ text, source_line }) => [text, source_line]), [["a", 4], ["b", 6], ["1", 7]]),
  { modes: [true] },
);

// Coroutines

await test(
  "coroutines have lanes",
  `import asyncio, time
lock = asyncio.Lock()
async def fetch(name, seconds=0.1):
    await asyncio.sleep(seconds)
    async with lock:
        await asyncio.sleep(0.05)
    return name.upper()
async def hog():
    time.sleep(0.1)
    raise ValueError('hog')
async def never():
    await asyncio.sleep(100)
def blocking(x):
    time.sleep(0.05)
    return x
async def main():
    doomed = asyncio.create_task(never())
    print(await asyncio.gather(fetch('a'), fetch('b', seconds=0.1), hog(), asyncio.to_thread(blocking, 5), return_exceptions=True))
    doomed.cancel()
asyncio.run(main())
`,
  (report) => {
    assert.equal(report.how, "complete");
    const kinds = Object.values(report.lanes).filter(({ kind }) => kind === "coroutine").map(({ name }) => name);
    assert.deepEqual(kinds, ["main()", "never()", "fetch('a', 0.1)", "fetch('b', 0.1)", "hog()", "to_thread(blocking, 5)"]);
    const got = results(report);
    assert.equal(got["fetch('a', 0.1)"], "'A'");
    assert.deepEqual(got["hog()"], { type: "ValueError", message: "hog" });
    assert.deepEqual(got["never()"], { type: "CancelledError", message: "" });
    assert.equal(got["blocking(5)"], "5", "what to_thread hands to a thread");
    assert.equal(got["main()"], undefined, "what the loop is run for is no call");
    waited(report, "main()", "gather()", 18);
    waited(report, "fetch('b', 0.1)", "Lock lock", 5);
    waited(report, "to_thread(blocking, 5)", "to_thread()", undefined);
    const of = (lane) => states(report).filter((each) => each.lane === lane).map(({ state, line }) => [state, line]);
    assert.deepEqual(of("fetch('a', 0.1)"), [
      ["waiting-for-loop", undefined], ["on-cpu", undefined], ["waiting-for-io", 4], ["waiting-for-loop", 4], ["on-cpu", 4],
      ["waiting-for-io", 6], ["waiting-for-loop", 6], ["on-cpu", 6],
    ]);
    assert.ok(of("hog()").some(([state]) => state === "waiting-for-io"), "a blocking sleep is the coroutine's too");
    assert.ok(states(report).some(({ lane, task, state }) => lane === "MainThread" && task === "fetch('a', 0.1)" && state === "on-cpu"));
  },
);
await test(
  "a thousand coroutines",
  `import asyncio
async def one(i):
    await asyncio.sleep(0.01)
    return i
async def main():
    print(sum(await asyncio.gather(*[one(i) for i in range(1000)])))
asyncio.run(main())
`,
  (report) => {
    assert.deepEqual(report.lines.map(({ text }) => text), ["499500"]);
    assert.equal(Object.values(report.lanes).filter(({ kind }) => kind === "coroutine").length, 1001);
    assert.equal(results(report)["one(999)"], "999");
  },
  { modes: [true] },
);

// The GIL of each interpreter

await test(
  "each interpreter's GIL",
  `from concurrent.futures import InterpreterPoolExecutor
def work(n):
    end = n * 100000
    while end: end -= 1
    return n
with InterpreterPoolExecutor(2) as ex:
    print(list(ex.map(work, [1, 2])))
`,
  (report) => {
    assert.equal(report.how, "complete");
    const taken = new Set(report.events.filter(({ mark }) => mark === "gil-taken").map(({ task }) => task));
    assert.ok(taken.has(0) && taken.size >= 3, `GILs taken: ${[...taken]}`);
  },
  { modes: [true] },
);

await browser.close();
console.log(wrong === 0 ? "# all as it should be" : `# ${wrong} wrong`);
process.exit(wrong === 0 ? 0 : 1);
