// <gil-scope>: choose an example and methods, run, look. Attributes in, events out; charts are charts.js's, what is
// beside them side-panel.js's, runs gilscope.js's.

import { Gilscope } from "./gilscope.js";
import { Charts } from "./charts.js";
import { SidePanel } from "./side-panel.js";
import { button, clear, element, milliseconds } from "./dom.js";

const STYLE = new URL("./gil-scope.css", import.meta.url);
/** The scales that the list offers; any other comes by attribute. */
const SCALES = [
  ["", "automatic"],
  ["1", "1 : 1"],
  ["0.333", "1 : 3"],
  ["0.1", "1 : 10"],
];
const FIRST_EXAMPLE = "cpu-four";

export class GilScopeElement extends HTMLElement {
  static observedAttributes = ["example", "methods", "workers", "scale", "switch-interval"];

  /** A workload of one's own instead of an example: the object that requests take. */
  workload = null;

  #ui = {};
  #scope;
  #examples = [];
  #methods = [];
  #running = null;
  #setReady;
  #messages = [];
  #failures = new Set();

  /** Resolves when the engine is loaded and the controls are there. */
  ready = new Promise((resolve) => (this.#setReady = resolve));

  connectedCallback() {
    if (this.shadowRoot) return;
    this.#build(this.attachShadow({ mode: "open" }));
    this.#load();
  }

  disconnectedCallback() {
    this.stop();
  }

  attributeChangedCallback() {
    if (!this.#scope || this.#writing || this.#changed) return;
    // Once for all that change together: half of a change may be wrong.
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.#readAttributes();
    });
  }

  /** Runs the chosen methods one after the other; resolves to their reports. */
  async run() {
    await this.ready;
    if (!this.#scope) throw new Error(this.#messages.at(-1) ?? "Gilscope is not loaded.");
    return this.#begin((signal) => this.#runAll(signal));
  }

  /** Begins something that runs, when what ran before has stopped. */
  async #begin(run) {
    while (this.#running) {
      this.stop();
      await this.#running.done.catch(() => {});
    }
    const running = { controller: new AbortController() };
    this.#running = running;
    // What the run before had to say; what the address and the attributes say wrong stays.
    this.#messages = this.#messages.filter((text) => !this.#failures.delete(text));
    this.#showMessages();
    running.done = run(running.controller.signal).finally(() => {
      if (this.#running === running) this.#running = null;
      this.#showRunning();
    });
    this.#showRunning();
    return running.done;
  }

  /** The Python program in the editor. */
  get program() {
    return this.#ui.side?.code.text ?? "";
  }

  set program(program) {
    this.ready.then(() => this.#ui.side?.code.showOwn(program));
  }

  /** Whether a reader, or a page, has put another program there than the example's. */
  get ownProgram() {
    return this.#ui.side?.code.own ?? false;
  }

  /** Runs the program in the editor as it stands, by the Python engine; resolves to its report. */
  async runProgram() {
    await this.ready;
    if (!this.#scope) throw new Error(this.#messages.at(-1) ?? "Gilscope is not loaded.");
    return this.#begin((signal) => this.#runProgram(signal));
  }

  /** Stops the run; what was recorded stays on the charts. */
  stop() {
    this.#running?.controller.abort();
  }

  /** Tells the reader something above the charts. */
  tell(text) {
    if (this.#messages.includes(text)) return;
    this.#messages.push(text);
    this.#showMessages();
  }

  /** Takes back what was told. */
  clearMessages() {
    this.#messages = [];
    this.#showMessages();
  }

  async #load() {
    try {
      const scope = await Gilscope.load();
      this.#scope = scope;
      this.#examples = scope.examples();
      this.#methods = scope.capabilities().methods;
      this.#ui.charts.scope = scope;
      this.#fillControls();
      this.#readAttributes();
      const program = this.querySelector('script[type="text/python"]')?.textContent;
      if (program) this.#ui.side.code.showOwn(unindented(program));
      scope.measure().catch(() => {}); // The first run tells what is wrong.
      this.shadowRoot.firstElementChild.classList.add("loaded");
    } catch (error) {
      this.#fail(error);
    }
    this.#setReady();
  }

  async #runAll(signal) {
    const { charts, side } = this.#ui;
    const requests = this.#requests();
    const example = this.#example;
    this.#send("start", { example: this.workload ? null : example.id, methods: requests.map(({ method }) => method) });
    charts.begin(requests.map(({ method }) => this.#method(method)));
    side.begin(requests, this.#source);
    const reports = [];
    for (const request of requests) {
      const chart = charts.chart(request.method);
      if (signal.aborted) {
        charts.skip(chart);
        continue;
      }
      try {
        const run = this.#scope.start(request, {
          signal,
          onUpdate: (recording) => {
            charts.update(chart, recording);
            side.update(request.method, { lines: recording.output() });
          },
        });
        const report = await run.finished;
        reports.push(report);
        charts.finish(chart, run, report);
        side.update(request.method, { ...report, lines: report.output });
        if (report.failure) this.#fail(new Error(`${chart.title}: ${report.failure}`));
      } catch (error) {
        charts.fail(chart, error);
        this.#fail(new Error(`${chart.title}: ${error.message ?? error}`));
      }
      this.#showTable();
    }
    this.#send("end", { reports });
    return reports;
  }

  async #runProgram(signal) {
    const { charts, side, interval } = this.#ui;
    const { gil } = side.code;
    const request = {
      source: this.program,
      gil,
      switchInterval: interval.value === "" ? undefined : Number(interval.value) / 1000,
    };
    const id = gil ? "python" : "python-free";
    const title = `example.py (${gil ? "with the GIL" : "free-threaded"})`;
    this.#send("start", { example: null, methods: [id] });
    const chart = charts.add({ id, title, note: "RustPython, this very program" });
    side.add(id, request);
    try {
      const run = this.#scope.start(request, {
        signal,
        onProgress: (done) => side.code.progress(done),
        onUpdate: (recording) => {
          side.code.progress(null);
          charts.update(chart, recording);
          side.update(id, { lines: recording.output() });
        },
      });
      const report = await run.finished;
      charts.finish(chart, run, report);
      side.update(id, { ...report, lines: report.output });
      if (report.failure) this.#fail(new Error(`${title}: ${report.failure}`));
      this.#send("end", { reports: [report] });
      return report;
    } catch (error) {
      charts.fail(chart, error);
      this.#fail(new Error(`${title}: ${error.message ?? error}`));
      throw error;
    } finally {
      side.code.progress(null);
    }
  }

  /** The program of a request; of a wrong one, what is wrong with it. */
  #source = (request) => {
    try {
      return this.#scope.source(request);
    } catch (error) {
      return `# ${error.message}`;
    }
  };

  /** The requests of the chosen methods, in the methods' order. */
  #requests() {
    const number = (value) => (value === "" ? undefined : Number(value));
    const what = this.workload ? { workload: this.workload } : { example: this.#example.id };
    const { workers, scale, interval } = this.#ui;
    return this.#chosenMethods().map((method) => ({
      ...what,
      method,
      maxWorkers: number(workers.value),
      scale: number(scale.value),
      switchInterval: number(interval.value) === undefined ? undefined : Number(interval.value) / 1000,
    }));
  }

  get #example() {
    return this.#examples.find(({ id }) => id === this.#ui.example.value) ?? this.#examples[0];
  }

  #method(id) {
    return this.#methods.find((method) => method.id === id);
  }

  #chosenMethods() {
    const boxes = [...this.#ui.methods.querySelectorAll("input")];
    return boxes.filter((box) => box.checked && !box.disabled).map((box) => box.value);
  }

  #build(root) {
    const ui = this.#ui;
    ui.example = element("select", { id: "example" });
    ui.methods = element("fieldset", { className: "methods" }, [element("legend", {}, ["Methods"])]);
    ui.workers = element("input", { type: "number", id: "workers", min: 1, max: 64, placeholder: "its own" });
    ui.scale = element("select", { id: "scale" });
    ui.interval = element("input", { type: "number", id: "interval", min: 0.5, max: 100, step: 0.5, placeholder: "5" });
    ui.run = button("Run", () => (this.#running ? this.stop() : this.run().catch(() => {})));
    ui.run.className = "run";
    ui.run.disabled = true;
    ui.about = element("p", { className: "about" });
    ui.messages = element("ul", { className: "messages", role: "alert" });
    ui.table = element("table", { className: "methods-table" });
    ui.charts = new Charts({ choose: (method) => ui.side.choose(method) });
    ui.side = new SidePanel({
      runProgram: () => this.runProgram().catch(() => {}),
      programChanged: () => this.dispatchEvent(new Event("change", { bubbles: true })),
    });

    const field = (label, input) =>
      element("label", { htmlFor: input.id, className: "field" }, [element("span", {}, [label]), input]);
    const controls = element("form", { className: "controls" }, [
      field("Example", ui.example),
      field("max_workers", ui.workers),
      field("Sleeps", ui.scale),
      field("Switch interval (ms)", ui.interval),
      ui.run,
      ui.methods,
    ]);
    controls.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#running) this.run().catch(() => {});
    });
    controls.addEventListener("change", () => {
      this.#writeAttributes();
      this.#showExample();
    });
    const style = element("link", { rel: "stylesheet", href: STYLE.href });
    root.append(
      element("div", { className: "scope" }, [
        style,
        controls,
        ui.messages,
        ui.about,
        element("div", { className: "table-frame" }, [ui.table]),
        element("div", { className: "columns" }, [ui.charts.root, ui.side.root]),
      ]),
    );
  }

  #fillControls() {
    const { example, methods, scale, run } = this.#ui;
    for (const { id, title } of this.#methods) {
      const examples = this.#examples.filter(({ home }) => home === id);
      if (examples.length === 0) continue;
      example.append(
        element("optgroup", { label: title }, examples.map(({ id, title }) => new Option(title, id))),
      );
    }
    for (const { id, title, live, whyNot } of this.#methods) {
      const box = element("input", { type: "checkbox", value: id, disabled: !live });
      methods.append(element("label", { title: whyNot ?? "" }, [box, title]));
    }
    for (const [value, title] of SCALES) scale.append(new Option(title, value));
    run.disabled = false;
  }

  #writing = false;
  #changed = false;

  /** Sets the controls as the attributes say; what they say wrong is told, and the default taken. */
  #readAttributes() {
    const { example, methods, workers, scale, interval } = this.#ui;
    const attribute = (name) => this.getAttribute(name)?.trim() ?? "";

    if (!this.#scope.capabilities().isolated) {
      this.tell(this.#methods.find(({ live }) => !live).whyNot.replace(/^./, (first) => first.toUpperCase()) + ".");
    }

    const id = attribute("example");
    const known = this.#examples.some((other) => other.id === id);
    if (id && !known) {
      this.tell(`There is no example “${id}”; there are: ${this.#examples.map(({ id }) => id).join(", ")}.`);
    }
    example.value = known ? id : FIRST_EXAMPLE;

    const ids = attribute("methods").split(",").map((id) => id.trim()).filter(Boolean);
    for (const id of ids.filter((id) => !this.#method(id))) {
      this.tell(`There is no method “${id}”; there are: ${this.#methods.map(({ id }) => id).join(", ")}.`);
    }
    let chosen = ids.filter((id) => this.#method(id));
    if (chosen.length === 0) chosen = [...new Set(["sequential", this.#example.home])];
    for (const box of methods.querySelectorAll("input")) box.checked = chosen.includes(box.value) && !box.disabled;

    this.#readNumber("workers", workers, { low: 1, high: 64, whole: true });
    if (![...scale.options].some(({ value }) => value === attribute("scale")) && inRange(attribute("scale"), { low: 0.01, high: 1 })) {
      scale.append(new Option(attribute("scale"), attribute("scale")));
    }
    this.#readNumber("scale", scale, { low: 0.01, high: 1 });
    this.#readNumber("switch-interval", interval, { low: 0.0005, high: 0.1, unit: " seconds", factor: 1000 });
    this.#showExample();
  }

  #readNumber(name, input, { factor = 1, ...range }) {
    const text = this.getAttribute(name)?.trim() ?? "";
    const right = text === "" || inRange(text, range);
    if (!right) {
      const { low, high, unit = "", whole } = range;
      this.tell(`${name}: “${text}” is not ${whole ? "a whole number" : "a number"} from ${low} to ${high}${unit}.`);
    }
    input.value = right && text !== "" ? String(factor === 1 ? text : Number(text) * factor) : "";
  }

  /** Writes what the reader chose into the attributes. */
  #writeAttributes() {
    const { example, workers, scale, interval } = this.#ui;
    this.#writing = true;
    this.setAttribute("example", example.value);
    this.setAttribute("methods", this.#chosenMethods().join(","));
    const seconds = interval.value === "" ? "" : String(Number(interval.value) / 1000);
    for (const [name, value] of [["workers", workers.value], ["scale", scale.value], ["switch-interval", seconds]]) {
      if (value === "") this.removeAttribute(name);
      else this.setAttribute(name, value);
    }
    this.#writing = false;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #showExample() {
    const { about, workers, scale, side } = this.#ui;
    const example = this.#example;
    workers.placeholder = String(example.maxWorkers ?? "default");
    const factor = scale.value === "" ? (example.longestSleep >= 1 ? 0.1 : 1) : Number(scale.value);
    const notes = [example.about];
    if (factor !== 1 && example.longestSleep > 0) {
      const shown = +(example.longestSleep * factor).toFixed(3);
      notes.push(`sleep(${example.longestSleep}) shown as ${shown} s.`);
    }
    about.textContent = notes.join(" ");
    if (!this.#running) {
      side.preview(this.#requests(), this.#source, example.home);
    }
    this.#showTable();
  }

  #showTable() {
    const { table, charts } = this.#ui;
    const base = charts.recording("sequential");
    const cores = this.#scope.capabilities().cores;
    const head = ["Method", "Module", "Parallel?", "Makespan", "Against sequential"];
    const row = ({ id, title, module, live, whyNot }) => {
      const { recording, report } = charts.result(id);
      const cells = [title, module];
      if (!report) cells.push(live ? "–" : "cannot run here", "–", "–");
      else {
        const { mostOnCpu, makespan } = report.analysis;
        const speedUp = base && recording.ended ? recording.speedUpOver(base) : undefined;
        cells.push(mostOnCpu > 1 ? `yes: up to ${mostOnCpu} lanes on CPU at once` : "no: one lane on CPU at a time");
        cells.push(makespan === undefined || makespan === null ? report.end : milliseconds(makespan));
        cells.push(speedUp === undefined ? (base ? "–" : "run sequential too") : `${speedUp.toFixed(2)} × the speed`);
      }
      return element("tr", { title: whyNot ?? "" }, cells.map((text, i) => element(i ? "td" : "th", i ? {} : { scope: "row" }, [text])));
    };
    clear(table).append(
      element("caption", {}, [`Measured here and now, on ${cores} ${cores === 1 ? "core" : "cores"}`]),
      element("thead", {}, [element("tr", {}, head.map((text) => element("th", { scope: "col" }, [text])))]),
      element("tbody", {}, this.#methods.map(row)),
    );
  }

  #showRunning() {
    const { run } = this.#ui;
    run.textContent = this.#running ? "Stop" : "Run";
    run.classList.toggle("stop", Boolean(this.#running));
    this.#ui.side.code.busy(Boolean(this.#running));
    this.shadowRoot.firstElementChild.toggleAttribute("aria-busy", Boolean(this.#running));
  }

  #showMessages() {
    if (!this.#ui.messages) return;
    clear(this.#ui.messages).append(...this.#messages.map((text) => element("li", {}, [text])));
  }

  #fail(error) {
    const text = error.message ?? String(error);
    this.#failures.add(text);
    this.tell(text);
    this.#send("error", { error });
  }

  #send(what, detail) {
    this.dispatchEvent(new CustomEvent(`gil-scope-${what}`, { detail, bubbles: true, composed: true }));
  }
}

/** A program out of a page's markup: without the empty lines around it and without the markup's own indentation. */
function unindented(program) {
  const lines = program.replace(/^\s*\n/, "").trimEnd().split("\n");
  const indents = lines.filter((line) => line.trim()).map((line) => /^ */.exec(line)[0].length);
  const least = Math.min(...indents);
  return `${lines.map((line) => line.slice(least)).join("\n")}\n`;
}

function inRange(text, { low, high, whole = false }) {
  const number = Number(text);
  return text !== "" && number >= low && number <= high && (!whole || Number.isInteger(number));
}
