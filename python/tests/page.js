// Runs programs for run.mjs, as www/gilscope.js will for readers.

import { deathOf } from "../../www/death.js";

const SCRIPT = new URL("worker.js", import.meta.url).href;
const WASM = new URL("../../www/python/gilscope_python_bg.wasm", import.meta.url);

const STATES = ["starting", "on-cpu", "waiting-for-gil", "waiting-for-io", "waiting-for-loop", "copying", "idle"];
const MARKS = [
  "state", "lane-end", "submit", "submitted", "task-start", "task-end", "done", "got", "print", "print-main",
  "print-result", "print-list", "print-traceback", "gil-taken", "gil-dropped", "pool-created", "shutdown", "shutdown-done",
  "line", "detail",
];

/** The events of a batch: 16 bytes each. */
function events(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 16 }, (_, i) => {
    const word = view.getUint32(16 * i + 8, true);
    const number = view.getUint32(16 * i + 12, true);
    const mark = MARKS[(word >> 16) & 0xff];
    return {
      at: Number(view.getBigUint64(16 * i, true)) / 1e6,
      lane: word & 0xffff,
      mark,
      state: mark === "state" ? STATES[word >>> 24] : undefined,
      task: number === 0xffffffff ? undefined : number,
    };
  });
}

let module;

globalThis.load = async () => {
  const began = performance.now();
  module ??= await WebAssembly.compileStreaming(fetch(WASM));
  return performance.now() - began;
};

/** Runs a program; resolves to all it did. */
globalThis.runPython = async (source, { gil = true, args = [], switchInterval = 0.005, threads = 4, limit = 60_000, stopWhen } = {}) => {
  await load();
  const began = performance.now();
  const report = { lines: [], lanes: {}, tasks: {}, outcomes: {}, details: {}, events: [], how: undefined };
  const role = {
    Run: {
      source, name: "example.py", gil, switch_interval: switchInterval, args, pid: 4000, script: SCRIPT, threads,
      environment: {
        isolated: crossOriginIsolated, clockResolutionNanos: 5000, cores: navigator.hardwareConcurrency, browser: "",
        divisionsPerSecond: 1e8,
      },
    },
  };
  const worker = new Worker(SCRIPT, { type: "module", name: "gilscope python" });
  await new Promise((resolve) => {
    const late = setTimeout(() => {
      report.how = `not over after ${limit} ms`;
      resolve();
    }, limit);
    worker.onerror = (event) => {
      report.how = { failed: deathOf(event.message) };
      clearTimeout(late);
      resolve();
    };
    worker.onmessage = ({ data }) => {
      if (data.Began) {
        report.began = performance.now() - began;
      }
      if (data.Batch) {
        const { events: bytes, lanes, tasks, outcomes, details, lines } = data.Batch;
        if (lines.length > 0) report.firstLine ??= performance.now() - began;
        for (const [number, info] of lanes) report.lanes[number] = info;
        for (const [number, label] of tasks) report.tasks[number] = label;
        for (const [number, outcome] of outcomes) report.outcomes[number] = outcome.Value?.repr ?? outcome.Raised;
        for (const [number, detail] of details) report.details[number] = detail;
        for (const line of lines) report.lines.push(line);
        if (stopWhen && !report.stopped && lines.some(({ text }) => text === stopWhen)) {
          report.stopped = Infinity;
          // In the middle of it.
          setTimeout(() => {
            report.stopped = performance.now();
            worker.postMessage("Stop");
          }, 300);
        }
        for (const event of events(bytes)) report.events.push(event);
      }
      if (data.Ended) {
        report.how = data.Ended.how;
        report.at = data.Ended.at / 1e6;
        if (report.stopped) report.stopTook = performance.now() - report.stopped;
        clearTimeout(late);
        resolve();
      }
    };
    worker.postMessage({ engine: "python", module, role });
  });
  worker.terminate();
  report.took = performance.now() - began;
  report.lines.sort((a, b) => a.at - b.at);
  return report;
};
globalThis.ready = true;
