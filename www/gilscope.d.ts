// Types of gilscope.js: examples, capabilities, runs and their reports.
//
// Times are milliseconds since the run began, as floats, wherever nothing else is said; what a request says is in
// Python's units, seconds.

/**
 * One of Python's ways of running code concurrently:
 * - `sequential`: no executor, one call after another;
 * - `threads`: `ThreadPoolExecutor` under one GIL;
 * - `threads-free`: `ThreadPoolExecutor` on the free-threaded build, without a GIL;
 * - `processes`: `ProcessPoolExecutor`, a memory of its own for each worker;
 * - `asyncio`: coroutines on one event loop;
 * - `interpreters`: `InterpreterPoolExecutor`, a GIL of its own for each worker.
 */
export type Method = "sequential" | "threads" | "threads-free" | "processes" | "asyncio" | "interpreters";

/**
 * How a process pool starts its processes. Each is a Web Worker here, whatever it is called; what differs is when:
 * - `fork`: all `max_workers` at the first submit;
 * - `forkserver` (the default, as on Linux) and `spawn`: one when a submit finds none idle.
 */
export type StartMethod = "fork" | "forkserver" | "spawn";

/**
 * What a lane is doing; it is in one state at every moment of its life.
 * - `on-cpu`: runs Python code; under a GIL it holds the GIL. Which core it had when, no page can see;
 * - `waiting-for-gil`: blocked on the GIL, which another thread holds;
 * - `waiting-for-io`: blocked in I/O: asleep;
 * - `waiting-for-loop`: a coroutine that could go on, but the event loop runs another;
 * - `copying`: arguments or a result cross to or from another memory;
 * - `starting`: the thread, process or interpreter is coming up;
 * - `idle`: nothing to do: waits for work, for a future, for its threads to end.
 */
export type State =
  | "on-cpu"
  | "waiting-for-gil"
  | "waiting-for-io"
  | "waiting-for-loop"
  | "copying"
  | "starting"
  | "idle";

/** The id of an example that is a workload. */
export type ExampleId =
  | "threads-simple"
  | "threads-list"
  | "threads-kwargs"
  | "processes-three"
  | "processes-ten-on-five"
  | "processes-context"
  | "processes-args"
  | "processes-kwargs"
  | "asyncio-gather"
  | "asyncio-cpu-hog"
  | "asyncio-to-thread"
  | "interpreters-three"
  | "interpreters-ten-on-five"
  | "cpu-four"
  | "mixed-eight";

/** The id of an example that is a program. */
export type ProgramId =
  | "exceptions"
  | "cancel"
  | "map-as-completed"
  | "pool-of-one"
  | "deadlock"
  | "race"
  | "convoy"
  | "switch-interval"
  | "chunksize"
  | "pickling"
  | "dead-worker"
  | "task-group"
  | "semaphore"
  | "blocking-call";

// ---- What to run

/** One run, asked for: an example or a workload, and how to run it. */
export type Request = ExampleRequest | WorkloadRequest | ProgramRequest;

/** A request for a Python program, as it stands, by the Python engine. It needs an isolated page. */
export type ProgramRequest = ProgramSettings &
  (
    | {
        /** The program; its file's name is `example.py`. At most a MiB. */
        source: string;
        example?: undefined;
      }
    | {
        /** Which of those {@link Gilscope.examples} that are programs. */
        example: ProgramId;
        source?: undefined;
      }
  );

/** How to run a program. */
export interface ProgramSettings {
  /** With a GIL for each interpreter, or free-threaded. With it is the default, but for examples that say otherwise. */
  gil?: boolean | undefined;
  /** `sys.getswitchinterval()` at the start, in seconds: 0.0005 to 0.1; 0.005 without it. */
  switchInterval?: number | undefined;
  /** What follows the file's name in `sys.argv`. */
  args?: string[] | undefined;
  method?: undefined;
  workload?: undefined;
}

/** A run of an example. */
export interface ExampleRequest extends RunSettings {
  /** Which of those {@link Gilscope.examples} that are workloads. */
  example: ExampleId;
  workload?: undefined;
  source?: undefined;
}

/** A run of a workload of one's own. */
export interface WorkloadRequest extends RunSettings {
  /** What to run. */
  workload: Workload;
  example?: undefined;
  source?: undefined;
}

/** How to run it. */
export interface RunSettings {
  /** By which of Python's ways. */
  method: Method;
  /** The executor's `max_workers`, 1 to 64, instead of the workload's own. Without either, CPython's default. */
  maxWorkers?: number | undefined;
  /** How `processes` starts them, instead of the workload's own way. Without either, `forkserver`. */
  startMethod?: StartMethod | undefined;
  /**
   * How long a thread waits for the GIL before it asks for it, in seconds, as `sys.setswitchinterval` takes it: 0.0005
   * to 0.1; 0.005 without it.
   */
  switchInterval?: number | undefined;
  /**
   * By how much sleeps are shortened, 0.01 to 1: at 0.1 `sleep(3)` takes 0.3 s. Computing is never shortened. Without
   * it 0.1 if any sleep takes a second or more, else 1.
   */
  scale?: number | undefined;
}

/** Tasks, and what the main program does around them. */
export interface Workload {
  /** A name for people; `workload` without it. */
  name?: string;
  /** Lines that the main program prints before it submits; `{executor}` is the executor's name. */
  before?: string[];
  /** The calls, 1 to 10,000, in the order in which they are submitted. */
  tasks: Task[];
  /** Lines that the main program prints when all tasks are done. */
  after?: string[];
  /**
   * What the main program prints of the results after that: nothing (`no`, the default), each on a line of its own, all
   * as one list, or the list and then each. With `asCompleted` it prints each when it is there, in the order in which
   * the calls end (`as_completed`); with `calls: "map"` and `each` in the order of the calls, as they are there.
   */
  results?: "no" | "each" | "list" | "listThenEach" | "asCompleted";
  /**
   * How the main program makes the calls: `executor.submit()` for each (without it), the same and `.result()` before the
   * next, or `executor.map()`, which calls one function with positional arguments.
   */
  calls?: "submit" | "submitAndWait" | "map";
  /** How many calls `map` hands to a process at once; only `map` over `processes` heeds it. */
  chunksize?: number;
  /** What the main program does when it has made the calls, before it waits for all of them. */
  then?: MainStep[];
  /** The executor's `max_workers`, 1 to 64. */
  maxWorkers?: number;
  /** How a process pool starts its processes; the program names it then. */
  startMethod?: StartMethod;
  /** Under `asyncio` the functions block, and run by `asyncio.to_thread`. */
  toThread?: boolean;
}

/** One thing that the main program does between its calls and its end. Tasks are named by their place in `tasks`. */
export type MainStep =
  /** Print a line; `{executor}` is the executor's name. */
  | { print: string }
  /** Block for so many seconds (0 to 60). */
  | { sleep: number }
  /** `future.cancel()`, under asyncio `task.cancel()`; prints `cancel 5: True` or `cancel 5: False`. */
  | { cancel: number }
  /** Submit this task only now. Such tasks are the last of `tasks`, in order. */
  | { submit: number }
  /**
   * `executor.shutdown()`, which waits unless told otherwise. Under asyncio `cancelFutures` cancels all tasks; under
   * `sequential` there is nothing to shut down. Without this step the end of the `with` block does it.
   */
  | { shutdown: { wait?: boolean; cancelFutures?: boolean } };

/** One call: the unit of work that an executor runs. */
export interface Task {
  /** The call. */
  call: Call;
  /** What its function does, 1,000 steps at most with repetitions written out; without steps, it returns `None`. */
  steps?: Step[];
}

/** A function's name and its arguments. */
export interface Call {
  /** A Python name. */
  function: string;
  /** The names of the parameters: those of `args` first, then those of `kwargs`. Made up for `args` without it. */
  parameters?: string[];
  /** Positional arguments. */
  args?: PythonValue[];
  /** Keyword arguments. */
  kwargs?: Record<string, PythonValue>;
}

/** A Python value, as JSON has it; `{ tuple: […] }` and `{ bytes: length }` stand for what JSON does not have. */
export type PythonValue =
  | null
  | boolean
  | number
  | string
  | PythonValue[]
  | { tuple: PythonValue[] }
  | { bytes: number }
  | { [key: string]: PythonValue };

/** One thing that a function does. The last five end the call: no step follows them. */
export type Step =
  /** Print a line; `{name}` is the argument of that parameter, `{pid}` the process's number. */
  | { print: string }
  /** Block for so many seconds (0 to 60), as I/O does; or for as many as the argument of this parameter says. */
  | { sleep: number | string }
  /** Compute: count primes. */
  | { compute: Work }
  /** Do these steps so many times. */
  | { repeat: { times: number; steps: Step[] } }
  /** Return a value. */
  | { return: PythonValue }
  /** Return the argument of one parameter, or a tuple of several. */
  | { returnParameters: string[] }
  /** Return how many primes the last computation counted. */
  | "returnCount"
  /** Raise an exception. */
  | { raise: RaisedException }
  /** `os._exit()` with this code (0 to 255): ends the worker process, and breaks the pool. By `processes` only. */
  | { exit: number };

/** How much to compute: as much as takes so many seconds (0 to 60) alone on this machine, or the primes below a number. */
export type Work = { seconds: number } | { primesBelow: number };

/** An exception to raise. */
export interface RaisedException {
  /** The class: `ValueError`. */
  type: string;
  /** Its message; empty without it. */
  message?: string;
}

// ---- What came of it

/** What came of a run. Plain data, but for {@link Report.toTraceEvents}. */
export interface Report {
  /** The example's id, the workload's name or the program's file. */
  workload: string;
  /** How it was run; null for a program, which may use several methods. */
  method: Method | null;
  /** How it ended: by itself, by its signal, because something broke, or because no thread could ever go on. */
  end: "complete" | "stopped" | "failed" | "deadlock";
  /** What broke, if something did; of a deadlock, which thread waits for what. */
  failure: string | null;
  /** A program's exit code: 1 after an uncaught exception. Null for workloads, and for runs that did not end by themselves. */
  exitCode: number | null;
  /** What was printed, in the order in which it was. */
  output: Line[];
  /** What was printed besides: of each stream the first 20,000 lines and 4 MiB are kept, of a line 64 KiB. */
  leftOut: LeftOut;
  /** The tasks' results, in the order of submission. */
  results: Result[];
  /** What it means. */
  analysis: Analysis;
  /** What happened. */
  trace: Trace;
  /** The run in Chrome's trace event format: what Perfetto opens. Made at each call. */
  toTraceEvents(): TraceEventFile;
}

/** What was printed and is not kept. */
export interface LeftOut {
  /** Whole lines. */
  lines: number;
  /** Bytes, of those lines and of lines that were too long. */
  bytes: number;
}

/** A printed line. */
export interface Line {
  /** When, in ms. */
  time: number;
  /** The number of the lane that printed it. */
  lane: number;
  /** `stderr` is where tracebacks go. */
  stream: "stdout" | "stderr";
  /** Its text. */
  text: string;
  /** The program's line that printed it; null for workloads, and where it is not known. */
  line: number | null;
}

/** A task's result. */
export interface Result {
  /** The call as Python writes it: `f('a', key=1)`. */
  task: string;
  /** The state of its future; `REFUSED` if `submit()` raised, so that there is none. */
  state: "PENDING" | "RUNNING" | "FINISHED" | "CANCELLED" | "REFUSED";
  /** `repr()` of what it returned, if it did. */
  value: string | null;
  /** What it raised, if it did. */
  exception: Exception | null;
}

/** An exception. */
export interface Exception {
  /** The class: `ValueError`. */
  type: string;
  /** Its message. */
  message: string;
}

/** What a run means, as numbers. */
export interface Analysis {
  /** From the first task's start to the last one's end, in ms; none if not all tasks have ended. */
  makespan: number | null;
  /** From the run's start to its end, in ms. */
  duration: number;
  /** The most lanes that were on CPU at one moment. (That could run: more than there are cores take turns.) */
  mostOnCpu: number;
  /** How many workers came to life. */
  workers: number;
  /** How often the GIL changed hands; none where no GIL is shared. */
  gilSwitches: number | null;
  /** Time by state over all lanes that are threads; states that never were are left out. */
  states: StateTime[];
  /** Each lane's time by state. */
  lanes: LaneTime[];
}

/** Time spent in a state. */
export interface StateTime {
  /** Which. */
  state: State;
  /** How long, in ms. */
  time: number;
}

/** A lane's time by state. */
export interface LaneTime {
  /** The lane's number. */
  lane: number;
  /** Its name. */
  name: string;
  /** Its time by state; states that it never was in are left out. */
  states: StateTime[];
}

/** What happened. */
export interface Trace {
  /** Where. */
  environment: Environment;
  /** By how much sleeps were shortened: 1 is not at all. */
  scale: number;
  /** The executor's `max_workers`; null for a program. */
  maxWorkers: number | null;
  /** How the pool started its processes; null of anything but `processes`. */
  startMethod: StartMethod | null;
  /** The switch interval, in seconds. */
  switchInterval: number;
  /** The lanes that came to life. */
  lanes: Lane[];
  /** Their spans, lane by lane, in order; those of a lane have no gap and do not overlap. */
  spans: Span[];
}

/** Where a run took place, and how well its clock could be read. */
export interface Environment {
  /** Whether the page was cross-origin isolated. */
  isolated: boolean;
  /** The smallest step of the clock that was seen, in nanoseconds. */
  clockResolutionNanos: number;
  /** `navigator.hardwareConcurrency`. */
  cores: number;
  /** The browser's name and version, as it says itself. */
  browser: string;
  /** How fast this machine computes alone: divisions per second. */
  divisionsPerSecond: number;
}

/** A lane: a thread, a process's only thread, or a coroutine. */
export interface Lane {
  /** Its number: what spans and lines name it by. */
  lane: number;
  /** The thread that submits (or runs) the calls, a worker of an executor, or a coroutine. */
  kind: "main" | "worker" | "coroutine";
  /** What readers see: `ThreadPoolExecutor-0_1`. */
  name: string;
  /** The name of the thread within its process. */
  thread: string;
  /** The process, an invented number. */
  pid: number;
  /** The thread, an invented number; a main thread's is its process's. */
  tid: number;
}

/** A stretch of time in which a lane was in one state. */
export interface Span {
  /** The lane's number. */
  lane: number;
  /** Which state. */
  state: State;
  /** From, in ms. */
  start: number;
  /** To, in ms; none while it lasts. The spans of a report have all ended. */
  end: number | null;
  /** For which task (its place in `results`), if for one. */
  task: number | null;
  /** The program's line that the lane was at when it began; null for workloads, and where it is not known. */
  line: number | null;
  /** What the lane waits for: `Lock a`, `Future load('x')`. Null where that is not known. */
  detail: string | null;
}

/** A file in Chrome's trace event format. */
export interface TraceEventFile {
  displayTimeUnit: "ms";
  /** About the run: case, method, settings, environment. */
  otherData: Record<string, string | number | boolean | null>;
  traceEvents: TraceEvent[];
}

/** An event: metadata (`M`), an instant (`i`) or a stretch of time (`X`). */
export type TraceEvent = TraceMetadata | TraceInstant | TraceStretch;

/** The name of a process or a thread. */
export interface TraceMetadata {
  ph: "M";
  name: "process_name" | "thread_name";
  pid: number;
  tid: number;
  args: { name: string };
}

/** Something that happened at one moment. */
export interface TraceInstant {
  ph: "i";
  /** Its scope, a thread. */
  s: "t";
  name: string;
  /** `run`, `pool`, `submit`, `stdout`, `stderr`. */
  cat: string;
  pid: number;
  tid: number;
  /** When, in microseconds. */
  ts: number;
  args: Record<string, string | number | boolean | null>;
}

/** Something that lasted. Those of one thread nest. */
export interface TraceStretch {
  ph: "X";
  name: string;
  /** `task`, `state`, `pool`, `gil`, `asyncio.step`, `asyncio.task`. */
  cat: string;
  pid: number;
  tid: number;
  /** From, in microseconds. */
  ts: number;
  /** How long, in microseconds. */
  dur: number;
  args: Record<string, string | number | boolean | null>;
}

// ---- Runs in progress

/** What to do while a run goes on. */
export interface RunOptions {
  /** Stops the run; its report still comes. It may be aborted before the run begins. */
  signal?: AbortSignal | undefined;
  /**
   * Called about once a frame with the spans that have ended since the last call, and the one of each lane that lasts
   * (without an end; it comes again).
   */
  onSpans?: ((spans: Span[]) => void) | undefined;
  /** Called as often, with the recording so far. */
  onUpdate?: ((recording: Recording) => void) | undefined;
  /** Called while the Python engine is downloaded, before the first program runs: bytes, and of how many if known. */
  onProgress?: ((done: { loaded: number; total: number | null }) => void) | undefined;
}

/** A run that was begun by {@link Gilscope.start}. */
export interface Run {
  /** What is recorded of it; null while it waits for its turn, and for good if the request was wrong. */
  readonly recording: Recording | null;
  /** Its report; rejected with an `Error` if the request was wrong or this page cannot run it. */
  readonly finished: Promise<Report>;
  /** Gives the recording's memory back when its chart is gone; the report stays as it is. */
  release(): void;
}

/** What is recorded of a run, live or complete: what a chart is drawn from. */
export interface Recording {
  /** Whether the run's clock has started. */
  readonly began: boolean;
  /** Whether the run is over. */
  readonly ended: boolean;
  /** The time in the run, in ms; of a run that is over, its length. */
  readonly now: number;
  /** How it is run; empty for a program. */
  readonly method: Method | "";
  /** Which engine runs it. */
  readonly engine: "light" | "python";
  /** By how much sleeps are shortened. */
  readonly scale: number;
  /** How many lines were printed so far, kept or not. */
  readonly printed: number;
  /** What was printed so far. */
  output(): Line[];
  /** What was printed besides. */
  leftOut(): LeftOut;
  /** How many times as fast this run was as `base`, by their makespans; undefined if one has none. */
  speedUpOver(base: Recording): number | undefined;
  /**
   * Lays a chart out and returns its height in CSS pixels.
   * @param width in CSS pixels
   * @param ratio pixels of the screen for a CSS pixel: `devicePixelRatio`
   * @param start the time at the left end, in ms
   * @param end the time at the right end, in ms
   */
  layout(width: number, ratio: number, start: number, end: number): number;
  /** Draws what was laid out, on a canvas that is `ratio` times as large as that in each direction. */
  draw(context: CanvasRenderingContext2D, dark: boolean): void;
  /** What is drawn at a point of what was laid out (in CSS pixels), if something is. */
  hit(x: number, y: number): Hit | null;
  /**
   * Where a moment (ms) of a lane is in what was laid out, in CSS pixels: x, the upper edge of the lane's bars, and their
   * height. Empty if it is not seen.
   */
  locate(lane: number, at: number): Float64Array;
  /**
   * Of what was laid out: the times at the left and the right end of the plot (ms), and its left and right edge (CSS
   * pixels). Empty before the first layout.
   */
  plot(): Float64Array;
  /** The run in Chrome's trace event format, as JSON text. */
  traceEvents(): string;
  /** Gives its memory back at once, instead of when the garbage collector comes to it. It cannot be used after that. */
  free(): void;
}

/** What is at a point of a chart. */
export interface Hit {
  /** The state's title, `Holds the GIL`, `Task` or `Printed`. */
  title: string;
  /** The lane's name. */
  lane: string;
  /** From, in ms. */
  start: number;
  /** To, in ms; so far if it lasts. */
  end: number;
  /** Whether it lasts. */
  open: boolean;
  /** The task, as Python writes its call. */
  task: string | null;
  /** The printed text. */
  text: string | null;
  /** What the lane waits for. */
  detail: string | null;
  /** The program's first and last line in it, where they are known. */
  lines: [number, number] | null;
  /** How many more spans are at this pixel. */
  others: number;
}

// ---- What there is

/** An example: a workload of the guide, which any method runs, or a program, which shows a striking behaviour. */
export type Example = WorkloadExample | ProgramExample;

/** An example that is a program: the Python engine runs it. */
export interface ProgramExample {
  kind: "program";
  /** Its name in requests. */
  id: ProgramId;
  /** Its name for readers. */
  title: string;
  /** What to look at. */
  about: string;
  /** Whether it is shown with the GIL first. */
  gil: boolean;
  /** The program. */
  program: string;
}

/** An example that is a workload. */
export interface WorkloadExample {
  kind: "workload";
  /** Its name in requests. */
  id: ExampleId;
  /** Its name for readers. */
  title: string;
  /** One sentence: what it is, and what to look at. */
  about: string;
  /** The method that the guide shows it with. */
  home: Method;
  /** How many tasks it has. */
  tasks: number;
  /** The executor's `max_workers`. */
  maxWorkers: number | null;
  /** The length of its longest sleep in seconds, before any shortening. */
  longestSleep: number;
  /** How long its longest computation takes alone, in seconds. */
  computes: number;
  /** The Python program that it stands for, by method. */
  source: Record<Method, string>;
}

/** What can run in this page. */
export interface Capabilities {
  /** Whether the page is cross-origin isolated, which threads need. */
  isolated: boolean;
  /** `navigator.hardwareConcurrency`. */
  cores: number;
  /** The smallest step of the clock, in ms; null until {@link Gilscope.measure} is done. */
  clockResolution: number | null;
  /** All methods, in the order in which they are shown. */
  methods: MethodCapability[];
}

/** A method, as it stands in this page. */
export interface MethodCapability {
  /** Its name in requests. */
  id: Method;
  /** Its name for readers. */
  title: string;
  /** The module of Python's library that it stands for. */
  module: string;
  /** Whether it can run in this page. */
  live: boolean;
  /** Why not, and what would help. */
  whyNot: string | null;
  /** In what it differs from CPython, with figures that were not measured here. */
  caveat: string | null;
}

/** The engine: one for a page, by {@link Gilscope.load}. */
export class Gilscope {
  /** Not for use: {@link Gilscope.load} makes it. */
  private constructor();

  /** Loads the engine, once for all callers. Rejected with an `Error` that names the file if it cannot be. */
  static load(): Promise<Gilscope>;

  /** The examples, with their Python programs. */
  examples(): Example[];

  /** What can run in this page, and what not and why. */
  capabilities(): Capabilities;

  /** The states that a lane can be in, in the order of the legend. */
  states(): { id: State; title: string }[];

  /**
   * Paints the whole of a canvas as charts paint a state: for a legend.
   * @param options `ratio`: the canvas's pixels for a CSS pixel
   */
  drawState(canvas: HTMLCanvasElement, state: State, options?: { dark?: boolean; ratio?: number }): void;

  /** The Python program that a request stands for. Throws an `Error` if the request is wrong. */
  source(request: ExampleRequest | WorkloadRequest): string;

  /** Loads the Python engine, once; the first program does it otherwise. */
  loadPython(onProgress?: RunOptions["onProgress"]): Promise<WebAssembly.Module>;

  /**
   * Measures, once, how fast this machine computes and how fine its clock is; the first run does it otherwise. Takes
   * about a second, in which nothing else should compute.
   */
  measure(): Promise<void>;

  /**
   * Runs a request, when the runs before it have ended; resolves to its report, also when it was stopped. Rejected with
   * an `Error` that names place, value and what is allowed if the request is wrong, or why this page cannot run it.
   */
  run(request: Request, options?: RunOptions): Promise<Report>;

  /** The same, and gives at once what a chart needs while the run goes on. */
  start(request: Request, options?: RunOptions): Run;

  /**
   * One picture of several recordings on one scale, as SVG text.
   * @param options `width` in CSS pixels, 900 without it
   */
  picture(recordings: Recording[], options?: { width?: number; dark?: boolean }): string;
}
