// The schedule that a method allows: when each call would begin and end if starting, switching and waking took no time.
// Pure: a small simulation, exact up to rounding.

/** Nothing shorter is told from nothing, in seconds. */
const NOTHING = 1e-9;

/**
 * How each way of running gives out processors: how fast each of the steps that want to compute goes on.
 * - `turns`: one at a time, in equal shares: threads under one GIL;
 * - `cores`: all at once, each on a core of its own as long as there are enough;
 * - `loop`: one at a time, to its end, in the order in which they became ready: an event loop.
 */
const SHARES = {
  turns: (wanting) => wanting.map(() => 1 / wanting.length),
  cores: (wanting, cores) => wanting.map(() => Math.min(1, cores / wanting.length)),
  loop: (wanting) => {
    const first = wanting.reduce((a, b) => (b.ready < a.ready - NOTHING ? b : a));
    return wanting.map((step) => (step === first ? 1 : 0));
  },
};

/**
 * `tasks` are lists of steps, `{ sleep: s }` or `{ compute: s }`; `workers` take them in order. Returns each task's
 * `{ start, end }`, in seconds.
 */
export function schedule({ tasks, workers, sharing, cores = 1 }) {
  const times = tasks.map(() => ({ start: 0, end: 0 }));
  const waiting = tasks.map((_, n) => n);
  let running = [];
  let now = 0;

  /** The task's next step; or, where there is none, the next task. */
  const next = (n, step) => {
    while (n !== undefined) {
      for (; step < tasks[n].length; step++) {
        const { sleep, compute } = tasks[n][step];
        if ((sleep ?? compute) > NOTHING)
          return { n, step, left: sleep ?? compute, asleep: sleep !== undefined, ready: now };
      }
      times[n].end = now;
      n = waiting.shift();
      if (n !== undefined) times[n].start = now;
      step = 0;
    }
    return undefined;
  };

  for (let worker = 0; worker < workers && waiting.length > 0; worker++) {
    const n = waiting.shift();
    times[n].start = now;
    running.push(next(n, 0));
  }
  running = running.filter(Boolean);
  while (running.length > 0) {
    const wanting = running.filter(({ asleep }) => !asleep);
    const shares = new Map(
      wanting.length > 0 ? SHARES[sharing](wanting, cores).map((share, i) => [wanting[i], share]) : [],
    );
    const speed = (step) => (step.asleep ? 1 : shares.get(step));
    const time = Math.min(...running.map((step) => step.left / speed(step)));
    now += time;
    for (const step of running) step.left -= time * speed(step);
    running = running.map((step) => (step.left > NOTHING ? step : next(step.n, step.step + 1))).filter(Boolean);
  }
  return times;
}

/** How long that takes, from the first start to the last end, in seconds. */
export function idealMakespan(what) {
  return Math.max(...schedule(what).map(({ end }) => end));
}
