// Uses everything that gilscope.d.ts and gil-scope.d.ts declare, as a user would. It is checked, never run: `npm run types`.

import { Gilscope } from "../../www/gilscope.js";
import type {
  Analysis,
  Capabilities,
  Example,
  Hit,
  Lane,
  LeftOut,
  Line,
  Method,
  PythonValue,
  Recording,
  Report,
  Request,
  Result,
  Run,
  RunOptions,
  Span,
  State,
  Step,
  MainStep,
  StartMethod,
  Trace,
  TraceEvent,
  TraceEventFile,
  Workload,
} from "../../www/gilscope.js";
import { GilScopeElement } from "../../www/gil-scope.js";
import type { GilScopeEndEvent, GilScopeErrorEvent, GilScopeStartEvent } from "../../www/gil-scope.js";

/** Says that a type is just another one: neither wider nor narrower. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

// ---- The engine

const scope: Gilscope = await Gilscope.load();
same<Awaited<ReturnType<typeof Gilscope.load>>, Gilscope>(true);
await scope.measure();

const examples: Example[] = scope.examples();
for (const example of examples) {
  void [example.id.length, example.title, example.about];
  // An example's id is fit for a request.
  if (example.kind === "program") {
    const { id, gil, program } = example;
    void scope.run({ example: id, gil: !gil });
    void scope.run({ source: program, gil });
    continue;
  }
  const { id, home, tasks, maxWorkers, longestSleep, computes, source } = example;
  same<typeof maxWorkers, number | null>(true);
  const seconds: number = longestSleep + computes + tasks;
  void [seconds, source[home] + source["threads-free"]];
  void scope.run({ example: id, method: home });
}

const capabilities: Capabilities = scope.capabilities();
same<typeof capabilities.clockResolution, number | null>(true);
const reasons = capabilities.methods.flatMap(({ id, title, module, live, whyNot, caveat }) =>
  live ? (caveat ?? []) : [`${id} ${title} ${module}: ${whyNot}`],
);
const alone: boolean = capabilities.isolated && capabilities.cores === 1;

const canvas = document.createElement("canvas");
for (const { id, title } of scope.states()) {
  same<typeof id, State>(true);
  canvas.title = title;
  scope.drawState(canvas, id);
  scope.drawState(canvas, id, { dark: true, ratio: devicePixelRatio });
}

// ---- Requests

const steps: Step[] = [
  { print: "{parameter} in {pid}" },
  { sleep: 0.5 },
  { sleep: "parameter" },
  { compute: { seconds: 0.05 } },
  { compute: { primesBelow: 1000 } },
  { repeat: { times: 3, steps: [{ print: "again" }] } },
  "returnCount",
];
const ends: Step[] = [
  "returnCount",
  { return: null },
  { returnParameters: ["parameter"] },
  { raise: { type: "ValueError" } },
  { raise: { type: "ValueError", message: "why" } },
  { exit: 1 },
];
const then: MainStep[] = [
  { print: "{executor}" },
  { sleep: 0.1 },
  { cancel: 1 },
  { submit: 2 },
  { shutdown: {} },
  { shutdown: { wait: false, cancelFutures: true } },
];
const values: PythonValue[] = [null, true, 1, 1.5, "text", [1, [2]], { tuple: [1, 2] }, { bytes: 1024 }, { key: { tuple: [] } }];
const workload: Workload = {
  name: "everything",
  before: ["Starting {executor}"],
  tasks: [
    { call: { function: "f", parameters: ["parameter"], args: [0.1] }, steps },
    { call: { function: "g", kwargs: { key: [1, "two", null] } }, steps: [{ return: values }] },
    ...ends.map((step) => ({ call: { function: "h" }, steps: [step] })),
    { call: { function: "nothing" } },
  ],
  after: ["done"],
  results: "listThenEach",
  maxWorkers: 4,
  toThread: false,
};
const requests: Request[] = [
  { example: "cpu-four", method: "threads" },
  { example: "mixed-eight", method: "processes", maxWorkers: 4, switchInterval: 0.01, scale: 0.1, startMethod: "spawn" },
  { workload, method: "interpreters", maxWorkers: undefined },
  { workload: { tasks: [{ call: { function: "f" } }] }, method: "asyncio" },
  { workload: { tasks: [], calls: "map", chunksize: 4, then, results: "asCompleted" }, method: "processes" },
  { source: "print('hello')" },
  { source: "print('hello')", gil: false, switchInterval: 0.001, args: ["first", "second"] },
];
for (const request of requests) if (request.method !== undefined) void scope.source(request).toUpperCase();

// @ts-expect-error There is no such method.
void scope.run({ example: "cpu-four", method: "thread" });
// @ts-expect-error There is no such example.
void scope.run({ example: "cpu-five", method: "threads" });
// @ts-expect-error A method is needed.
void scope.run({ example: "cpu-four" });
// @ts-expect-error Something to run is needed.
void scope.run({ method: "threads" });
// @ts-expect-error One of both.
void scope.run({ example: "cpu-four", workload, method: "threads" });
// @ts-expect-error It is called maxWorkers.
void scope.run({ example: "cpu-four", method: "threads", workers: 4 });
// @ts-expect-error A number, not text.
void scope.run({ example: "cpu-four", method: "threads", maxWorkers: "4" });
// @ts-expect-error There is no such step.
void scope.run({ workload: { tasks: [{ call: { function: "f" }, steps: [{ wait: 1 }] }] }, method: "threads" });
// @ts-expect-error Work is seconds or primes.
void scope.run({ workload: { tasks: [{ call: { function: "f" }, steps: [{ compute: 1 }] }] }, method: "threads" });
// @ts-expect-error A function is no Python value.
void scope.run({ workload: { tasks: [{ call: { function: "f", args: [() => 1] } }] }, method: "threads" });
// @ts-expect-error A program names its own methods.
void scope.run({ example: "race", method: "threads" });
// @ts-expect-error A workload needs a method.
void scope.run({ example: "cpu-four", gil: true });
// @ts-expect-error A program names its own methods.
void scope.run({ source: "print('hello')", method: "threads" });
// @ts-expect-error The engine makes it.
void new Gilscope();

// ---- Runs

const controller = new AbortController();
const options: RunOptions = {
  signal: controller.signal,
  onSpans(spans) {
    same<typeof spans, Span[]>(true);
    for (const { lane, state, start, end, task, line, detail } of spans) {
      same<typeof line, number | null>(true);
      same<typeof detail, string | null>(true);
      same<typeof end, number | null>(true);
      same<typeof task, number | null>(true);
      void [lane + start, state satisfies State];
    }
  },
  onUpdate(recording) {
    same<typeof recording, Recording>(true);
  },
  onProgress({ loaded, total }) {
    void (total === null ? loaded : loaded / total);
  },
};
const module: WebAssembly.Module = await scope.loadPython(options.onProgress);
const run: Run = scope.start({ workload, method: "threads" }, options);
const report: Report = await run.finished;
same<Awaited<ReturnType<Gilscope["run"]>>, Report>(true);
controller.abort();

const recording = run.recording;
// @ts-expect-error Before its turn there is none.
run.recording.now;
// @ts-expect-error It is the engine's.
run.recording = null;
if (recording) {
  const state: [boolean, boolean, number, number] = [recording.began, recording.ended, recording.now, recording.scale];
  const lines: Line[] = recording.output().slice(recording.printed - recording.leftOut().lines);
  const height: number = recording.layout(800, devicePixelRatio, 0, recording.now);
  const context = canvas.getContext("2d");
  if (context) recording.draw(context, true);
  const hit: Hit | null = recording.hit(10, height / 2);
  if (hit) {
    const { title, lane, start, end, open, task, text, others, detail, lines } = hit;
    void [detail satisfies string | null, lines satisfies [number, number] | null, recording.locate(0, 5) satisfies Float64Array];
    void [title + lane, end - start + others, open satisfies boolean, task satisfies string | null, text satisfies string | null];
  }
  const [left, right] = recording.plot();
  const speedUp: number | undefined = recording.speedUpOver(recording);
  const svg: string = scope.picture([recording]) + scope.picture([recording], { width: 600, dark: true });
  void [state, lines, left, right, speedUp, svg, recording.method satisfies string, JSON.parse(recording.traceEvents())];
  void [recording.engine satisfies "light" | "python", module];
  recording.free();
}
run.release();

// ---- Reports

const { output, leftOut, results, analysis, trace, failure }: Report = report;
same<Report["end"], "complete" | "stopped" | "failed" | "deadlock">(true);
same<Report["exitCode"], number | null>(true);
same<Line["line"], number | null>(true);
same<typeof leftOut, LeftOut>(true);
void (leftOut.lines + leftOut.bytes);
same<typeof failure, string | null>(true);
for (const { time, lane, stream, text } of output) void [time + lane, stream satisfies "stdout" | "stderr", text.length];
for (const { task, state, value, exception } of results satisfies Result[]) {
  same<typeof state, "PENDING" | "RUNNING" | "FINISHED" | "CANCELLED" | "REFUSED">(true);
  void [task.length, value?.length, exception && `${exception.type}: ${exception.message}`];
}
const { makespan, duration, mostOnCpu, workers, gilSwitches, states, lanes }: Analysis = analysis;
same<typeof makespan, number | null>(true);
same<typeof gilSwitches, number | null>(true);
void [duration + mostOnCpu + workers, states.map(({ state, time }) => ({ [state]: time }))];
void lanes.map(({ lane, name, states }) => [lane + 1, name.length, states.length]);
// @ts-expect-error A run that was stopped has none.
void (makespan + 1);
const { environment, scale, maxWorkers, switchInterval, startMethod, spans }: Trace = trace;
same<typeof startMethod, StartMethod | null>(true);
const { isolated, clockResolutionNanos, cores, browser, divisionsPerSecond } = environment;
void [isolated && alone, clockResolutionNanos + cores + divisionsPerSecond + scale + (maxWorkers ?? 0) + switchInterval, browser.length];
for (const { lane, kind, name, thread, pid, tid } of trace.lanes satisfies Lane[]) {
  same<typeof kind, "main" | "worker" | "coroutine">(true);
  void [lane + pid + tid, name + thread, spans.filter((span) => span.lane === lane)];
}
// @ts-expect-error There is no such state.
void spans.filter(({ state }) => state === "running");

const file: TraceEventFile = report.toTraceEvents();
const times = file.traceEvents.map((event: TraceEvent) => {
  switch (event.ph) {
    case "M":
      return event.args.name.length;
    case "i":
      return event.ts;
    case "X":
      return event.ts + event.dur;
  }
});
void [file.displayTimeUnit satisfies "ms", file.otherData["case"], times, reasons];

// ---- The element

const made = document.createElement("gil-scope");
same<typeof made, GilScopeElement>(true);
const found = document.querySelector("gil-scope");
same<typeof found, GilScopeElement | null>(true);
made.workload = workload;
made.workload = null;
// @ts-expect-error A workload is an object.
made.workload = "cpu-four";
made.setAttribute("example", "cpu-four");
await made.ready;
made.tell("something");
made.clearMessages();
made.addEventListener("gil-scope-start", (event) => {
  same<typeof event, GilScopeStartEvent>(true);
  const methods: string[] = event.detail.methods;
  void [event.detail.example?.length, methods];
});
made.addEventListener("gil-scope-end", (event) => {
  same<typeof event, GilScopeEndEvent>(true);
  void event.detail.reports.map(({ analysis }) => analysis.makespan);
});
document.body.addEventListener("gil-scope-error", (event) => {
  same<typeof event, GilScopeErrorEvent>(true);
  void event.detail.error.message;
  // @ts-expect-error It is another event's.
  void event.detail.reports;
});
const reports: Report[] = await made.run();
made.stop();
made.program = "print('hello')";
// @ts-expect-error The element knows by itself.
made.ownProgram = true;
void (await made.runProgram()).output.length;
void [reports.length, GilScopeElement.observedAttributes.includes("example"), "threads" satisfies Method];
customElements.define("my-scope", class extends GilScopeElement {});
