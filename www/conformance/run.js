// Carries cases out by this browser's engines, and hands their traces over. It judges nothing.

import { STRETCH, byLines, sleepIn } from "./cases.js";

/** Python computes this many times in a run that finds out how far to count; the least of them is taken. */
const PROBES = 3;
/** Counting to n takes about n to this power. */
const GROWTH = 1.42;

/** Whether the light engine can choose how processes start. */
function knowsStartMethods(scope) {
  try {
    scope.source({ example: "processes-three", method: "processes", startMethod: "spawn" });
    return true;
  } catch {
    return false;
  }
}

/** The request for a case in the light engine. */
function lightRequest(which, { scale, startMethods }) {
  const method = which.method === "threads" && !which.gil ? "threads-free" : which.method;
  const request = { method, scale };
  if (which.workload) Object.assign(request, { workload: which.workload, scale: 1 });
  else request.example = which.example;
  // What takes part of a second is short enough, and in proportion to the computing beside it.
  if (!which.tasks.flat().some(({ sleep }) => sleep >= 1)) request.scale = 1;
  if (which.start && startMethods) request.startMethod = which.start;
  return request;
}

/** The request for a case in the Python engine: its generated program, with sleeps and counting fitted to this machine. */
function pythonRequest(scope, which, { scale, countTo }) {
  const workload = (byLines(which, "python") && which.lines) || which.workload;
  const what = workload ? { workload } : { example: which.example };
  const compute = which.checks.includes("hog") ? 1 : which.tasks.flat().find((step) => step.compute)?.compute;
  const method = which.method === "threads" && !which.gil ? "threads-free" : which.method;
  const source = scope
    .source({ ...what, method })
    .replace(/^N = [\d_]+/m, () => `N = ${countTo(compute * (which.base ? STRETCH.python : 1))}`)
    .replace(/\bsleep\(([\d.]+)\)/g, (_, seconds) => `sleep(${sleepIn(which, "python", scale, Number(seconds))})`);
  return { source, gil: which.gil };
}

/** Runs a request; its trace. */
async function trace(scope, request) {
  const report = await scope.run(request);
  if (report.end !== "complete")
    throw new Error(`the run ended: ${report.end}${report.failure ? `, ${report.failure}` : ""}`);
  const complaint = report.output.findLast(({ stream }) => stream === "stderr");
  if (complaint) throw new Error(`the run complains: ${complaint.text}`);
  return report.toTraceEvents();
}

/** How far Python here has to count for so many seconds: `countTo(seconds)`. */
async function measurePython(scope) {
  const program = scope.source({ example: "cpu-four", method: "sequential" });
  const counting = program.slice(program.indexOf("def count_primes"), program.indexOf("def cpu_bound_function"));
  const took = async (n) => {
    const source = `import time\n\n\n${counting}\nfor _ in range(${PROBES}):\n    began = time.perf_counter()\n    count_primes(${n})\n    print(time.perf_counter() - began)\n`;
    const { output } = await scope.run({ source });
    return Math.min(...output.map(({ text }) => Number(text)));
  };
  const farther = (n, from, to) => Math.round(n * (to / from) ** (1 / GROWTH));
  const first = farther(4000, await took(4000), 0.1);
  const second = await took(first);
  return (seconds) => farther(first, second, seconds);
}

/** Carries cases out by the engines of a page. What was run in a round is not run again in it: cases share runs. */
export class Runner {
  #scope;
  #scales;
  #countTo;
  #traces = new Map();
  startMethods = false;

  /** `scales` are by how much each engine's sleeps of seconds are shortened. */
  constructor(scope, scales) {
    this.#scope = scope;
    this.#scales = scales;
    this.startMethods = knowsStartMethods(scope);
  }

  /** Finds out what the Python engine needs to know. */
  async loadPython() {
    this.#countTo ??= await measurePython(this.#scope);
  }

  /**
   * The trace of a case by an engine, in Chrome's form. To see what a wrong executor does, the Python engine's program may
   * be preceded by another, the light engine's request have other settings.
   */
  async trace(which, engine, { round = 1, prelude = "", settings: other } = {}) {
    const settings = { scale: this.#scales[engine], startMethods: this.startMethods, countTo: this.#countTo };
    const request = engine === "light" ? lightRequest(which, settings) : pythonRequest(this.#scope, which, settings);
    if (prelude) request.source = prelude + request.source;
    Object.assign(request, other);
    const key = JSON.stringify(request);
    const before = this.#traces.get(key);
    if (before?.round >= round) return before.file;
    const file = await trace(this.#scope, request);
    this.#traces.set(key, { round, file });
    return file;
  }
}
