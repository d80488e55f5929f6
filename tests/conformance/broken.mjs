// Executors, locks and loops that are wrong on purpose: what the conformance run must not let pass. In the Python engine
// each is a few lines put before an example's program, in the light engine a setting that the case does not have; the run
// is a real one, by the real engine and recorder.

/** A pool that takes the call that came last. */
const LIFO = `
import queue
from concurrent.futures import ThreadPoolExecutor


class Lifo(queue.LifoQueue):
    def _get(self):
        calls = [item for item in self.queue if item is not None]
        item = calls[-1] if calls else None
        self.queue.remove(item)
        return item


def lifo(self, *args, init=ThreadPoolExecutor.__init__, **kwargs):
    init(self, *args, **kwargs)
    self._work_queue = Lifo()


ThreadPoolExecutor.__init__ = lifo
`;

/** A GIL that nobody gives back before its call has ended: who waits asks for it after 3 s, longer than any call takes. */
const KEPT = `
import sys

sys.setswitchinterval(3.0)
`;

/** A pool that never has more than one worker. */
const ONE = `
from concurrent.futures import ThreadPoolExecutor


def one(self, max_workers=None, *args, init=ThreadPoolExecutor.__init__, **kwargs):
    init(self, 1, *args, **kwargs)


ThreadPoolExecutor.__init__ = one
`;

/** An event loop that runs with a timer all that are due within 50 ms. */
const EARLY = `
from asyncio import base_events


def early(self, *args, init=base_events.BaseEventLoop.__init__, **kwargs):
    init(self, *args, **kwargs)
    self._clock_resolution = 0.05


base_events.BaseEventLoop.__init__ = early
`;

const TURNS = ["a turn", "turns taken, of those possible"];
const POOL = ["lanes", "first wave", "which overlap", "makespan / ideal"];
const TIMERS = ["earliest of the other ticks, ms late"];

/** What is broken and how, on which case it shows, and which checks must find it. */
export const BROKEN = [
  {
    name: "lifo",
    what: "a queue that gives out the last call first",
    on: "gil314-mixed-threads",
    found: ["start order"],
    engine: "python",
    by: { prelude: LIFO },
  },
  {
    name: "gil-kept",
    what: "a GIL that is given back only at the end",
    on: "gil314-slices-4threads-cpu400ms",
    found: TURNS,
    engine: "python",
    by: { prelude: KEPT },
  },
  {
    name: "pool-of-one",
    what: "a pool of one",
    on: "gil314-mixed-threads",
    found: POOL,
    engine: "python",
    by: { prelude: ONE },
  },
  {
    name: "early-timers",
    what: "a loop that runs timers early",
    on: "gil314-asyncio-cpu-hog",
    found: TIMERS,
    engine: "python",
    by: { prelude: EARLY },
  },
  {
    name: "light-gil-kept",
    what: "a GIL that is kept for 100 ms",
    on: "gil314-slices-4threads-cpu400ms",
    found: TURNS,
    engine: "light",
    by: { settings: { switchInterval: 0.1 } },
  },
  {
    name: "light-pool-of-one",
    what: "a pool of one",
    on: "gil314-mixed-threads",
    found: POOL,
    engine: "light",
    by: { settings: { maxWorkers: 1 } },
  },
  {
    name: "light-early-timers",
    what: "a loop whose timers run a tenth early",
    on: "gil314-asyncio-cpu-hog",
    found: TIMERS,
    engine: "light",
    by: { settings: { scale: 0.9 } },
  },
];
