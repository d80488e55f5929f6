// Gilscope for scripts: examples, capabilities, runs. It makes the workers and passes their messages to the engine
// unread; what they mean, and every check of a request, is Rust's.

import { deathOf } from "./death.js";
import init, { Engine, Picture } from "./pkg/gilscope.js";

const WASM = new URL("./pkg/gilscope_bg.wasm", import.meta.url);
/** The Python engine, loaded when a program is first run: its module's name, size and checksum. */
const PYTHON = new URL("./python/engine.json", import.meta.url);
const WORKER = new URL("./worker.js", import.meta.url);

/** How long a worker may take until its run's clock starts, in ms: longer than its own limits, whose words are better. */
const LOADING = 30_000;
/** How long a run may take to hand over its record after Stop, in ms; then it is ended from outside. */
const GRACE = 40;

/** Why a worker's script does not load. */
const CAUSES =
  "is it there, served as JavaScript and with the isolation headers, and does the page's Content-Security-Policy allow it?";

let loading;
/** Runs go one after the other, whoever asks for them: two at once would disturb each other. */
let last = Promise.resolve();

export class Gilscope {
  #engine;
  #module;
  #python;
  #measured;

  /** Loads the engine, once for all callers. */
  static load() {
    loading ??= Gilscope.#load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  }

  static async #load() {
    if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
      throw new Error("Gilscope needs WebAssembly and Web Workers, and this browser has not both.");
    }
    const module = await compile(WASM, "make build");
    await init({ module_or_path: module });
    const scope = new Gilscope();
    scope.#module = module;
    scope.#engine = new Engine(globalThis.crossOriginIsolated === true, navigator.hardwareConcurrency ?? 1, browser());
    return scope;
  }

  /** The examples, with their Python programs. */
  examples() {
    return this.#engine
      .examples()
      .map((example) => (example.kind === "workload" ? { ...example, source: Object.fromEntries(example.source) } : example));
  }

  /** What can run in this page, and what not and why. */
  capabilities() {
    return this.#engine.capabilities();
  }

  /** The states that a lane can be in, `{ id, title }`, in the order of the legend. */
  states() {
    return this.#engine.states().map(([id, title]) => ({ id, title }));
  }

  /** Paints the whole of a canvas as charts paint a state. */
  drawState(canvas, state, { dark = false, ratio = 1 } = {}) {
    this.#engine.drawState(canvas.getContext("2d"), ratio, state, dark);
  }

  /** The Python program that a request stands for. */
  source(request) {
    return this.#engine.source(text(request));
  }

  /** Runs a request; resolves to its report, also when it was stopped. */
  async run(request, options) {
    const run = this.start(request, options);
    const report = await run.finished;
    run.release();
    return report;
  }

  /**
   * Begins a run, when those before it have ended, and returns at once what a chart needs while it goes on. A wrong
   * request rejects `finished` and leaves `recording` null. `release()` gives the recording's memory back when its chart
   * is gone; the report stays. `onProgress` hears of the Python engine's download.
   */
  start(request, { signal, onSpans, onUpdate, onProgress } = {}) {
    const run = { recording: null, finished: undefined, release() {} };
    // As it is now: its sender may have changed it when its turn comes.
    const asked = new Promise((resolve) => resolve(text(request)));
    asked.catch(() => {});
    run.finished = last.then(async () => {
      // Before the plan is made: "50 ms of computing" depends on how fast this machine is.
      await this.measure();
      const recording = this.#engine.record(await asked, WORKER.href);
      run.recording = recording;
      const engine = recording.engine;
      const module = engine === "python" ? await this.loadPython(onProgress) : this.#module;
      await this.#carryOut(recording, { engine, module }, signal, () => {
        if (onSpans) tell(onSpans, recording.takeSpans());
        if (onUpdate) tell(onUpdate, recording);
      });
      const report = recording.report();
      report.toTraceEvents = () => JSON.parse(recording.traceEvents());
      run.release = () => {
        const text = recording.traceEvents();
        report.toTraceEvents = () => JSON.parse(text);
        run.recording = null;
        recording.free();
        run.release = () => {};
      };
      return report;
    });
    last = run.finished.catch(() => {});
    return run;
  }

  /** One picture of several recordings, as SVG text. */
  picture(recordings, { width = 900, dark = false } = {}) {
    const picture = new Picture();
    for (const recording of recordings) picture.add(recording);
    const svg = picture.svg(width, dark);
    picture.free();
    return svg;
  }

  /** Measures, once, how fast this machine computes; the first run does it otherwise. Nothing else should compute. */
  measure() {
    this.#measured ??= this.#measure().catch((error) => {
      this.#measured = undefined;
      throw error;
    });
    return this.#measured;
  }

  /** Loads the Python engine, once; the first program does it otherwise. */
  loadPython(onProgress) {
    this.#python ??= this.#loadPython(onProgress).catch((error) => {
      this.#python = undefined;
      throw error;
    });
    return this.#python;
  }

  async #loadPython(onProgress) {
    const { module, bytes, sha256 } = await (await get(PYTHON, "make python", { cache: "no-cache" })).json();
    // The checksum makes it an address whose content never changes: the next visit takes it from the browser's cache.
    return compile(new URL(`${module}?sha256=${sha256}`, PYTHON), "make python", onProgress, bytes);
  }

  async #measure() {
    let worker;
    const answer = await new Promise((resolve, reject) => {
      worker = spawn("gilscope measure", { module: this.#module, role: this.#engine.measureRole() }, {
        message: resolve,
        failed: (reason) => reject(new Error(reason)),
      });
      setTimeout(() => reject(new Error(`${WORKER} did not answer within ${LOADING / 1000} s`)), LOADING);
    }).finally(() => worker?.terminate());
    this.#engine.measured(answer);
  }

  async #carryOut(recording, what, signal, update) {
    if (signal?.aborted) return recording.stopped();
    const ending = new AbortController();
    const worker = await new Promise((resolve) => {
      // What a worker says that is over, or about to be, is no part of the run.
      let over = false;
      const end = (how, reason) => {
        if (over) return;
        over = true;
        if (how) recording[how](reason);
        resolve(worker);
      };
      // A worker that computes hears no message: it reads this word now and then.
      const wants = recording.engine === "light" && globalThis.crossOriginIsolated;
      const stopWord = wants ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
      const worker = spawn("gilscope run", { ...what, role: recording.role(), shared: stopWord }, {
        message: (data) => {
          if (over) return;
          try {
            recording.receive(data);
          } catch (error) {
            return end("failed", `what a worker said cannot be read: ${error.message}`);
          }
          update();
          if (recording.ended) end();
        },
        failed: (reason) => end("failed", reason),
      });
      const late = setTimeout(() => {
        if (!over && !recording.began) end("failed", `${WORKER} did not begin the run within ${LOADING / 1000} s`);
      }, LOADING);
      ending.signal.addEventListener("abort", () => clearTimeout(late));
      const stop = () => {
        if (stopWord) Atomics.store(stopWord, 0, 1);
        worker.postMessage(recording.stopMessage());
        setTimeout(() => end("stopped"), GRACE);
      };
      signal?.addEventListener("abort", stop, { signal: ending.signal });
    });
    ending.abort();
    // Its threads and processes end with it.
    worker.terminate();
    update();
  }
}

/** A request as JSON text; what has none, like `undefined`, is for the engine to refuse. */
function text(request) {
  return JSON.stringify(request) ?? "null";
}

/** Calls a caller's function. Its errors are the caller's: they go where uncaught ones go, and the run goes on. */
function tell(callback, news) {
  try {
    callback(news);
  } catch (error) {
    reportError(error);
  }
}

/** Makes a worker. Whatever goes wrong with it is told to `failed`, in words. */
function spawn(name, first, { message, failed }) {
  const worker = new Worker(WORKER, { type: "module", name });
  worker.addEventListener("message", ({ data }) => message(data));
  worker.addEventListener("messageerror", () => failed(`a message of ${WORKER} could not be read`));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    // Of a script that does not load the browser says nothing more.
    failed(event.message ? deathOf(event.message) : `${WORKER} could not be loaded as a worker: ${CAUSES}`);
  });
  worker.postMessage(first);
  return worker;
}

/** Fetches a file of the build. */
async function get(url, cure, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url} could not be loaded (HTTP ${response.status}); was it built (${cure})?`);
  return response;
}

/** Fetches and compiles a module; `progress` hears how many of its `total` bytes are there (as they are uncompressed). */
async function compile(url, cure, progress, total) {
  const response = await get(url, cure);
  // A copy is counted: of the response itself browsers keep what they compiled.
  if (progress) count(response.clone().body, (loaded) => progress({ loaded, total }));
  return WebAssembly.compileStreaming(response).catch((error) => {
    throw new Error(`${url} could not be compiled: ${error.message}`);
  });
}

async function count(body, tell) {
  let loaded = 0;
  try {
    for (const reader = body.getReader(); ; tell(loaded)) {
      const { done, value } = await reader.read();
      if (done) return;
      loaded += value.byteLength;
    }
  } catch {
    // Whoever compiles it is told.
  }
}

/** The browser's name and version, as it says itself. */
function browser() {
  const brands = navigator.userAgentData?.brands?.filter(({ brand }) => !/not.?a.?brand/i.test(brand));
  if (brands?.length) return brands.map(({ brand, version }) => `${brand} ${version}`).join(", ");
  return navigator.userAgent;
}
