// Which recorded run of CPython is compared with which run here: the example or workload, the method, what to ask.
// Data, and nothing that runs.

/** Cores of the machine that CPython's runs were recorded on. */
export const THEIR_CORES = 2;
/**
 * By how much an engine's calls that compute are longer than CPython's, their sleeps too. The Python engine's interpreter is
 * some ten times as slow, so its workers, which import the program first, come up as much later; longer calls keep that as
 * small beside them as it is in CPython.
 */
export const STRETCH = { light: 1, python: 2.5 };
/** `sys.getswitchinterval()` of all runs, in ms. */
export const INTERVAL = 5;

const times = (count, value) => Array.from({ length: count }, () => value);
const calls = (count, name, steps, parameters = ["parameter"]) =>
  Array.from({ length: count }, (_, n) => ({ call: { function: name, parameters, args: [n] }, steps }));

const SLEEPS = [{ sleep: 3 }];
const CPU = [{ compute: 0.4 }];
const MIXED = [{ sleep: 0.1 }, { compute: 0.05 }];

const mixedSteps = [{ sleep: 0.1 }, { compute: { seconds: 0.05 } }, "returnCount"];
/** As the example `mixed-eight`, but the calls say when they begin and end. */
const MIXED_LINES = {
  name: "mixed-eight",
  maxWorkers: 4,
  results: "list",
  tasks: calls(8, "mixed_function", [
    { print: "mixed_function called with argument {parameter}" },
    ...mixedSteps.slice(0, 2),
    { print: "mixed_function with argument {parameter} ended" },
    "returnCount",
  ]),
};
const MIXED_TO_THREAD = {
  name: "mixed-eight",
  toThread: true,
  results: "list",
  tasks: calls(8, "mixed_function", mixedSteps),
};
const computing = (count) => ({
  name: `${count} threads that compute`,
  maxWorkers: count,
  tasks: calls(count, "cpu_bound_function", [{ compute: { seconds: 0.4 } }]),
});
/** One thread computes, the other sleeps again and again. */
const BESIDE_HOG = {
  name: "a sleeper beside a hog",
  maxWorkers: 2,
  tasks: [
    { call: { function: "hog" }, steps: [{ compute: { seconds: 0.7 } }] },
    { call: { function: "io" }, steps: [{ repeat: { times: 20, steps: [{ sleep: 0.02 }] } }] },
  ],
};

const FORKSERVER = ["forkserver"];
const START_METHODS = ["fork", "forkserver", "spawn"];
const POOL = ["lanes", "pids", "start", "waves", "overlap", "makespan"];

/**
 * The recorded cases: the name (behind which follow the start methods, if there are any), the example, the method, what
 * the calls do, how many workers, what is compared. Where both builds were recorded, there are two of a name.
 */
const FAMILIES = [
  { stem: "seed1-threads-simple", example: "threads-simple", method: "threads", tasks: times(3, SLEEPS), workers: 3 },
  { stem: "seed2-threads-list", example: "threads-list", method: "threads", tasks: times(3, SLEEPS), workers: 3 },
  { stem: "seed3-threads-kwargs", example: "threads-kwargs", method: "threads", tasks: times(2, SLEEPS), workers: 3 },
  {
    stem: "seed4-process-pool",
    example: "processes-three",
    method: "processes",
    tasks: times(3, SLEEPS),
    workers: 3,
    ft: false,
  },
  {
    stem: "seed5-process-5x10",
    example: "processes-ten-on-five",
    method: "processes",
    tasks: times(10, SLEEPS),
    workers: 5,
    ft: false,
  },
  {
    stem: "seed6a-process-simple",
    example: "processes-context",
    method: "processes",
    tasks: times(3, SLEEPS),
    workers: 10,
    ft: false,
  },
  {
    stem: "seed6b-process-args",
    example: "processes-args",
    method: "processes",
    tasks: times(3, SLEEPS),
    workers: 10,
    ft: false,
  },
  {
    stem: "interp-3xsleep3",
    example: "interpreters-three",
    method: "interpreters",
    tasks: times(3, SLEEPS),
    workers: 3,
  },
  {
    stem: "interp-5x10",
    example: "interpreters-ten-on-five",
    method: "interpreters",
    tasks: times(10, SLEEPS),
    workers: 5,
  },
  { stem: "asyncio-gather-3xsleep3", example: "asyncio-gather", method: "asyncio", tasks: times(3, SLEEPS) },
  {
    stem: "asyncio-to-thread-3xsleep3",
    example: "asyncio-to-thread",
    method: "asyncio",
    toThread: true,
    tasks: times(3, SLEEPS),
  },
  { stem: "asyncio-cpu-hog", example: "asyncio-cpu-hog", method: "asyncio", tasks: times(4, []), checks: ["hog"] },
  ...["sequential", "threads", "interp", "process", "asyncio"].flatMap((word) => {
    const method = { interp: "interpreters", process: "processes" }[word] ?? word;
    return [
      {
        stem: `cpu-${word}`,
        example: "cpu-four",
        method,
        tasks: times(4, CPU),
        workers: 4,
        base: "cpu",
        checks: [...POOL, "bars"],
      },
      {
        stem: `mixed-${word}`,
        example: "mixed-eight",
        lines: MIXED_LINES,
        method,
        tasks: times(8, MIXED),
        workers: 4,
        base: "mixed",
      },
    ];
  }),
  {
    stem: "mixed-asyncio-to-thread",
    workload: MIXED_TO_THREAD,
    method: "asyncio",
    toThread: true,
    tasks: times(8, MIXED),
    base: "mixed",
  },
  {
    stem: "slices-2threads-cpu400ms",
    workload: computing(2),
    method: "threads",
    tasks: times(2, CPU),
    checks: ["slices"],
  },
  {
    stem: "slices-4threads-cpu400ms",
    workload: computing(4),
    method: "threads",
    tasks: times(4, CPU),
    checks: ["slices"],
  },
  {
    stem: "sleeper-beside-hog",
    workload: BESIDE_HOG,
    method: "threads",
    tasks: [[{ compute: 0.7 }], times(20, { sleep: 0.02 })],
    checks: ["wakes"],
    // No trace of it is kept; the figures are those of 20 wake-ups each: least, middle, most, in ms.
    figures: { gil: [5.1, 5.1, 6.3], ft: [0.04, 0.09, 0.09] },
  },
];

/** How the method's workers get processors, for the ideal schedule. */
function sharing(family, gil) {
  if (family.method === "asyncio" && !family.toThread) return "loop";
  if (family.method === "threads" || family.toThread) return gil ? "turns" : "cores";
  return "cores";
}

/** Of which runs the order is certain: items leave a queue in the order of submission, but workers race to the start. */
const startIsCertain = ({ method, start }) =>
  ["sequential", "threads", "asyncio"].includes(method) || ["forkserver", "spawn"].includes(start);

function expand(family) {
  const builds = family.ft === false ? ["gil"] : ["gil", "ft"];
  const starts = family.method === "processes" ? START_METHODS : [undefined];
  return builds.flatMap((build) =>
    starts.map((start) => {
      const name = `${build}314-${family.stem}${start ? `-${start}` : ""}`;
      const { method, tasks, toThread = false } = family;
      const gil = build === "gil";
      return {
        id: name,
        reference: family.figures ? undefined : name,
        figures: family.figures?.[build],
        title: family.example ?? family.workload.name,
        example: family.example,
        workload: family.workload,
        lines: family.lines,
        method,
        start,
        gil,
        toThread,
        tasks,
        workers: method === "sequential" ? 1 : method === "asyncio" ? undefined : family.workers,
        sharing: sharing(family, gil),
        base: family.base && `${build}314-${family.base}-sequential`,
        checks: family.checks ?? POOL,
        certain: {
          start: startIsCertain({ method, start }),
          end: ["sequential", "asyncio"].includes(method) && !toThread,
        },
      };
    }),
  );
}

/** All cases, in the order in which they are shown. */
export const CASES = FAMILIES.flatMap(expand);

/** How long a sleep of the case is in an engine, where those of seconds are shortened by `scale`. */
export function sleepIn(which, engine, scale, seconds) {
  if (seconds >= 1) return seconds * scale;
  return which.base ? seconds * STRETCH[engine] : seconds;
}

/** How many workers the case's executor may have on a machine of so many cores. */
export function workersOn(which, cores) {
  // asyncio.to_thread takes the loop's default executor.
  if (which.toThread) return Math.min(32, cores + 4);
  return which.workers ?? which.tasks.length;
}

/** Whether an engine's run of a case tells its calls by the lines that they print. */
export function byLines({ method, toThread, checks }, engine) {
  if (engine === "light" || checks.includes("hog")) return false;
  // Not in an executor, and so not in the record; or there with the interpreter's coming up.
  return ["sequential", "interpreters"].includes(method) || (method === "asyncio" && !toThread);
}

/** Why an engine has no counterpart of a case; undefined if it has one. `startMethods` is whether it can choose them. */
export function noCounterpart(which, engine, { startMethods = false } = {}) {
  if (engine === "python") {
    if (which.method === "processes" && which.start !== "forkserver")
      return "the Python engine's processes start as by forkserver only";
    return undefined;
  }
  if (which.toThread && !which.gil) return "the light engine has no event loop without a GIL";
  if (which.method === "processes" && !startMethods && !FORKSERVER.includes(which.start)) {
    return "the light engine's processes start as by forkserver only";
  }
  return undefined;
}
