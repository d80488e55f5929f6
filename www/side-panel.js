// Beside the charts: what one method's run printed, its results, and the Python code that it stands for.

import { CodePanel } from "./code-panel.js";
import { button, clear, element, milliseconds } from "./dom.js";

/** Where a traceback names a line of the program. */
const LINE = /File "example\.py", line (\d+)/;

export class SidePanel {
  #runs = new Map();
  #chosen = null;
  #source = () => "";
  #tabs = element("div", { className: "tabs", role: "tablist", "aria-label": "Method" });
  #output = element("ol", { className: "output" });
  #results = element("table", { className: "results" });
  #place;

  constructor({ runProgram, programChanged }) {
    this.code = new CodePanel({ run: runProgram, changed: programChanged });
    const part = (title, child) => element("section", {}, [element("h3", {}, [title]), child]);
    this.#place = element("p", { className: "end" });
    this.root = element("aside", { className: "side", "aria-label": "Output, results and code" }, [
      this.#tabs,
      part("Output", element("div", { className: "console", tabIndex: 0 }, [this.#output, this.#place])),
      part("Results", element("div", { className: "table-frame" }, [this.#results])),
      part("Python", this.code.root),
    ]);
  }

  /** Shows the code of requests that have not run. */
  preview(requests, source, home) {
    this.#runs = new Map(requests.map((request) => [request.method, { request, lines: [], results: [], end: null }]));
    this.#source = source;
    if (!this.#runs.has(this.#chosen) || !this.#followed) this.#chosen = this.#runs.has(home) ? home : requests[0]?.method;
    this.#show();
  }

  /** Runs of these requests begin; without a reader's choice the panel follows the run that goes on. */
  begin(requests, source) {
    this.preview(requests, source, requests[0]?.method);
  }

  /** A program's run begins; its tab joins the others. */
  add(id, request) {
    this.#runs.delete(id);
    this.#runs.set(id, { request, lines: [], results: [], end: null });
    this.#chosen = id;
    this.#show();
  }

  /** Whether a reader chose a method: then the panel stays with it. */
  #followed = false;

  /** More is known of a run: its lines so far and, when it is over, its report. */
  update(method, { lines, results = [], end = null, failure = null }) {
    const run = this.#runs.get(method);
    if (!run) return;
    Object.assign(run, { lines, results, end, failure });
    if (!this.#followed && this.#chosen !== method) {
      this.#chosen = method;
      this.#show();
    } else if (this.#chosen === method) this.#showRun(run);
  }

  /** The reader wants to see this method's. */
  choose(method) {
    if (!this.#runs.has(method)) return;
    this.#followed = true;
    this.#chosen = method;
    this.#show();
  }

  #show() {
    clear(this.#tabs).append(
      ...[...this.#runs.keys()].map((method) => {
        const tab = button(method, () => this.choose(method));
        tab.role = "tab";
        tab.ariaSelected = String(method === this.#chosen);
        return tab;
      }),
    );
    const run = this.#runs.get(this.#chosen);
    if (run && !run.request.source) this.code.offer(this.#source(run.request));
    this.#showRun(run ?? { lines: [], results: [], end: null });
  }

  #showRun({ lines, results, end, failure }) {
    // Lines of other lanes may come in before the last ones, so all are compared; those that stay are left alone.
    const items = this.#output.children;
    lines.forEach(({ time, text, stream }, i) => {
      const item = items[i] ?? this.#output.appendChild(element("li"));
      if (item.dataset.time !== String(time) || item.textContent !== text) {
        item.textContent = text;
        const line = stream === "stderr" && LINE.exec(text)?.[1];
        if (line) clear(item).append(button(text, () => this.code.goToLine(Number(line))));
        item.className = stream;
        item.title = `at ${milliseconds(time)}`;
        item.dataset.time = time;
      }
    });
    while (items.length > lines.length) items[items.length - 1].remove();
    this.#place.textContent =
      { stopped: "stopped", failed: `failed: ${failure}` }[end] ?? (end === "complete" && lines.length === 0 ? "printed nothing" : "");
    clear(this.#results).append(
      ...results.map(({ task, state, value, exception }) => {
        const shown = exception ? `${exception.type}: ${exception.message}` : (value ?? "");
        const cell = element("td", { className: exception ? "raised" : "" }, [shown]);
        return element("tr", {}, [element("th", { scope: "row" }, [task]), element("td", {}, [state]), cell]);
      }),
    );
  }
}
