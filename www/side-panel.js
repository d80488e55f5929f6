// Beside the charts: what one method's run printed, its results, and the Python code that it stands for.

import { CodePanel } from "./code-panel.js";
import { button, clear, element, milliseconds } from "./dom.js";

/** Where a traceback names a line of the program. */
const LINE = /File "example\.py", line (\d+)/;

const NOTHING = { lines: 0, bytes: 0 };

/** So many lines are shown: more would hold up the page. */
const SHOWN = 5000;
/** So many results are: a table's rows are laid out together. */
const RESULTS = 1000;

/** Says what else was printed than is shown, if something was. */
function tellRest(hidden, { lines, bytes }) {
  const more = hidden + lines;
  const said = more > 0 ? [`${more.toLocaleString("en")} more lines were printed`] : [];
  if (bytes > 0) said.push(`${(bytes / 1e6).toFixed(1)} MB of the output are not kept`);
  return said.join("; ");
}

export class SidePanel {
  #runs = new Map();
  #chosen = null;
  #source = () => "";
  #tabs = element("div", { className: "tabs", role: "tablist", "aria-label": "Method" });
  #output = element("ol", { className: "output" });
  #results = element("table", { className: "results" });
  #resultsPart;
  #place;
  /** The lines that are shown. */
  #lines = [];

  /** `showMoment` is called with a run, a lane and a time that a reader wants to see on the chart. */
  constructor({ runProgram, programChanged, showMoment }) {
    this.code = new CodePanel({ run: runProgram, changed: programChanged });
    const part = (title, child) => element("section", {}, [element("h3", {}, [title]), child]);
    this.#place = element("p", { className: "end" });
    this.#output.addEventListener("click", ({ target }) => {
      const item = target.closest("li");
      const line = item && this.#lines[[...this.#output.children].indexOf(item)];
      if (!line || getSelection().type === "Range") return;
      showMoment(this.#chosen, line.lane, line.time);
      // A traceback's own line is the button's.
      if (line.line && this.#ofProgram && target === item) this.code.point([line.line, line.line]);
    });
    this.root = element("aside", { className: "side", "aria-label": "Output, results and code" }, [
      this.#tabs,
      part("Output", element("div", { className: "console", tabIndex: 0 }, [this.#output, this.#place])),
      (this.#resultsPart = part("Results", element("div", { className: "table-frame" }, [this.#results]))),
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
  update(method, { lines, leftOut = NOTHING, results = [], end = null, failure = null, exitCode = null }) {
    const run = this.#runs.get(method);
    if (!run) return;
    Object.assign(run, { lines, leftOut, results, end, failure, exitCode });
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

  /** The chart's pointer is on these lines of the run's program, or on none. */
  point(method, lines) {
    if (method === this.#chosen && this.#ofProgram) this.code.point(lines);
  }

  /** Whether the run that is shown is of the very program in the editor. */
  get #ofProgram() {
    return this.#runs.get(this.#chosen)?.request.source === this.code.text;
  }

  #showRun({ lines, leftOut = NOTHING, results, end, failure, exitCode }) {
    const pane = this.#output.parentElement;
    const follows = end === null && pane.scrollHeight - pane.scrollTop - pane.clientHeight < 4;
    // Lines of other lanes may come in before the last ones, so all are compared; those that stay are left alone.
    const items = this.#output.children;
    // What went wrong after very much output is shown all the same.
    const errors = lines.slice(SHOWN).filter(({ stream }) => stream === "stderr");
    const shown = [...lines.slice(0, SHOWN), ...errors.slice(-SHOWN / 10)];
    this.#lines = shown;
    shown.forEach(({ time, text, stream, line: source }, i) => {
      const item = items[i] ?? this.#output.appendChild(element("li"));
      if (item.dataset.time !== String(time) || item.textContent !== text) {
        item.textContent = text;
        const line = stream === "stderr" && LINE.exec(text)?.[1];
        if (line) {
          // The indentation stays outside: an underlined one looks like text.
          const [, indent, rest] = /^(\s*)(.*)$/s.exec(text);
          clear(item).append(indent, button(rest, () => this.code.goToLine(Number(line))));
        }
        item.className = stream;
        item.title = `at ${milliseconds(time)}${source ? `, line ${source}` : ""}; a click shows it on the chart`;
        item.dataset.time = time;
      }
    });
    while (items.length > shown.length) items[items.length - 1].remove();
    const ended = { stopped: "stopped", failed: `failed: ${failure}`, deadlock: "deadlock: the run was ended" }[end];
    const complete = exitCode ? `exit code ${exitCode}` : lines.length === 0 ? "printed nothing" : "";
    const how = ended ?? (end === "complete" ? complete : "");
    this.#place.textContent = [tellRest(lines.length - shown.length, leftOut), how].filter(Boolean).join("; ");
    if (follows) pane.scrollTop = pane.scrollHeight;
    this.#resultsPart.hidden = results.length === 0;
    clear(this.#results).append(
      ...results.slice(0, RESULTS).map(({ task, state, value, exception }) => {
        const raised = exception && [exception.type, exception.message].filter(Boolean).join(": ");
        const shown = raised ?? value ?? "";
        const cell = element("td", { className: exception ? "raised" : "" }, [shown]);
        return element("tr", {}, [element("th", { scope: "row" }, [task]), element("td", {}, [state]), cell]);
      }),
    );
    const more = results.length - RESULTS;
    if (more > 0) {
      const text = `${more.toLocaleString("en")} more results are in the report`;
      this.#results.append(element("tr", {}, [element("td", { colSpan: 3 }, [text])]));
    }
  }
}
