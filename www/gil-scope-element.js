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
const START_METHODS = ["fork", "forkserver", "spawn"];
const FIRST_EXAMPLE = "cpu-four";
/** The entry of the list for a program that is no example's. */
const OWN = "own";

export class GilScopeElement extends HTMLElement {
  static observedAttributes = ["example", "methods", "workers", "scale", "switch-interval", "start-method", "gil"];

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
  /** A program that is no example's: a reader's or a page's. */
  #ownProgram = null;
  /** The example whose program is in the editor, and the one whose charts are shown. */
  #shown = null;
  #charted = null;

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

  /**
   * Runs what is chosen: the example's methods, one after the other, or its program. Resolves to the reports.
   */
  async run() {
    await this.#loaded();
    if (this.#runsProgram) return [await this.runProgram()];
    return this.#begin((signal) => this.#runAll(signal));
  }

  async #loaded() {
    await this.ready;
    if (!this.#scope) throw new Error(this.#messages.at(-1) ?? "Gilscope is not loaded.");
  }

  get #runsProgram() {
    return !this.workload && this.#example.kind === "program";
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

  /** Another program than an example's; without one (`""`) the example's again. */
  set program(program) {
    this.ready.then(() => this.#scope && this.#chooseOwn(program || null));
  }

  /** Whether a reader, or a page, has put another program there than the example's. */
  get ownProgram() {
    return this.#ui.example?.value === OWN || (this.#ui.side?.code.own ?? false);
  }

  #chooseOwn(program) {
    this.#keepOwn(program);
    this.#ui.example.value = program === null ? this.#fromAttribute() : OWN;
    this.#shown = null;
    this.#showExample();
  }

  /** Keeps a program that is no example's, and its entry in the list. */
  #keepOwn(program) {
    this.#ownProgram = program;
    const entry = [...this.#ui.example.options].find(({ value }) => value === OWN);
    if (program === null) entry?.remove();
    else if (!entry) this.#ui.example.prepend(new Option("Own program", OWN));
  }

  /** Runs the program in the editor as it stands, by the Python engine; resolves to its report. */
  async runProgram() {
    await this.#loaded();
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
      if (program?.trim()) this.#chooseOwn(unindented(program));
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
    this.#charted = this.#example.id;
    charts.begin(requests.map(({ method }) => this.#method(method)));
    side.begin(requests, this.#source);
    const reports = [];
    for (const request of requests) {
      const chart = charts.chart(request.method);
      if (signal.aborted) {
        charts.skip(chart);
        continue;
      }
      const lines = frames((recording) => recording.printed, (recording) => side.update(request.method, printed(recording)));
      try {
        const run = this.#scope.start(request, {
          signal,
          onUpdate: (recording) => {
            charts.update(chart, recording);
            lines.show(recording);
          },
        });
        const report = await run.finished.finally(lines.end);
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
    this.#send("start", { example: this.#runsProgram && !this.ownProgram ? this.#example.id : null, methods: [id] });
    // Charts of another example are no comparison.
    if (this.#charted !== this.#example.id) {
      charts.begin([]);
      side.preview(this.#runsProgram ? [] : this.#requests(), this.#source, this.#example.home);
    }
    this.#charted = this.#example.id;
    const chart = charts.add({ id, title, note: "RustPython, this very program" });
    side.add(id, request);
    const lines = frames((recording) => recording.printed, (recording) => side.update(id, printed(recording)));
    try {
      const run = this.#scope.start(request, {
        signal,
        onProgress: (done) => side.code.progress(done),
        onUpdate: (recording) => {
          side.code.progress(null);
          charts.update(chart, recording);
          lines.show(recording);
        },
      });
      const report = await run.finished.finally(lines.end);
      charts.finish(chart, run, report);
      side.update(id, { ...report, lines: report.output });
      const what = report.end === "deadlock" ? "deadlock: " : "";
      if (report.failure) this.#fail(new Error(`${title}: ${what}${report.failure}`));
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
    const { workers, scale, interval, start } = this.#ui;
    return this.#chosenMethods().map((method) => ({
      ...what,
      method,
      maxWorkers: number(workers.value),
      startMethod: method === "processes" && start.value ? start.value : undefined,
      scale: number(scale.value),
      switchInterval: number(interval.value) === undefined ? undefined : Number(interval.value) / 1000,
    }));
  }

  get #example() {
    if (this.#ui.example.value === OWN) {
      const about = "A program that is no example’s. Run runs it as it stands, by the Python engine.";
      return { kind: "program", id: OWN, about, program: this.#ownProgram };
    }
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
    ui.start = element("select", { id: "start" });
    ui.run = button("Run", () => (this.#running ? this.stop() : this.run().catch(() => {})));
    ui.run.className = "run";
    ui.run.disabled = true;
    ui.about = element("p", { className: "about" });
    ui.messages = element("ul", { className: "messages", role: "alert" });
    ui.table = element("table", { className: "methods-table" });
    ui.charts = new Charts({
      choose: (method) => ui.side.choose(method),
      pointed: (method, lines) => ui.side.point(method, lines),
    });
    ui.side = new SidePanel({
      runProgram: () => this.runProgram().catch(() => {}),
      showMoment: (method, lane, time) => ui.charts.show(method, lane, time),
      programChanged: () => {
        if (ui.example.value === OWN) this.#ownProgram = this.program;
        this.#writeAttributes();
      },
    });

    const field = (label, input) =>
      element("label", { htmlFor: input.id, className: "field" }, [element("span", {}, [label]), input]);
    // What a program says itself, and does not leave to the reader.
    ui.ofWorkloads = [field("max_workers", ui.workers), field("Sleeps", ui.scale), ui.methods];
    const controls = element("form", { className: "controls" }, [
      field("Example", ui.example),
      ...ui.ofWorkloads.slice(0, 2),
      field("Switch interval (ms)", ui.interval),
      (ui.startField = field("Start method", ui.start)),
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
        (ui.columns = element("div", { className: "columns" }, [ui.charts.root, ui.side.root])),
      ]),
    );
  }

  #fillControls() {
    const { example, methods, scale, start, run } = this.#ui;
    const group = (label, examples) => {
      const options = examples.map(({ id, title }) => new Option(title, id));
      if (options.length > 0) example.append(element("optgroup", { label }, options));
    };
    for (const { id, title } of this.#methods) group(`Guide: ${title}`, this.#examples.filter(({ home }) => home === id));
    group("Striking behaviours", this.#examples.filter(({ kind }) => kind === "program"));
    for (const { id, title, live, whyNot } of this.#methods) {
      const box = element("input", { type: "checkbox", value: id, disabled: !live });
      methods.append(element("label", { title: whyNot ?? "" }, [box, title]));
    }
    for (const [value, title] of SCALES) scale.append(new Option(title, value));
    start.append(new Option("its own", ""), ...START_METHODS.map((id) => new Option(id, id)));
    run.disabled = false;
  }

  #writing = false;
  #changed = false;

  /** Sets the controls as the attributes say; what they say wrong is told, and the default taken. */
  #readAttributes() {
    const { example, methods, workers, scale, interval, start } = this.#ui;
    const attribute = (name) => this.getAttribute(name)?.trim() ?? "";

    if (!this.#scope.capabilities().isolated) {
      this.tell(this.#methods.find(({ live }) => !live).whyNot.replace(/^./, (first) => first.toUpperCase()) + ".");
    }

    const id = attribute("example");
    if (id && !this.#examples.some((other) => other.id === id)) {
      this.tell(`There is no example “${id}”; there are: ${this.#examples.map(({ id }) => id).join(", ")}.`);
    }
    if (id || example.value !== OWN) example.value = this.#fromAttribute();

    const ids = attribute("methods").split(",").map((id) => id.trim()).filter(Boolean);
    for (const id of ids.filter((id) => !this.#method(id))) {
      this.tell(`There is no method “${id}”; there are: ${this.#methods.map(({ id }) => id).join(", ")}.`);
    }
    let chosen = ids.filter((id) => this.#method(id));
    if (chosen.length === 0) chosen = [...new Set(["sequential", this.#example.home ?? "threads"])];
    for (const box of methods.querySelectorAll("input")) box.checked = chosen.includes(box.value) && !box.disabled;

    this.#readNumber("workers", workers, { low: 1, high: 64, whole: true });
    if (![...scale.options].some(({ value }) => value === attribute("scale")) && inRange(attribute("scale"), { low: 0.01, high: 1 })) {
      scale.append(new Option(attribute("scale"), attribute("scale")));
    }
    this.#readNumber("scale", scale, { low: 0.01, high: 1 });
    this.#readNumber("switch-interval", interval, { low: 0.0005, high: 0.1, unit: " seconds", factor: 1000 });
    const startMethod = attribute("start-method");
    if (startMethod && !START_METHODS.includes(startMethod)) {
      this.tell(`There is no start method “${startMethod}”; there are: ${START_METHODS.join(", ")}.`);
    }
    start.value = START_METHODS.includes(startMethod) ? startMethod : "";
    const gil = attribute("gil");
    if (!["", "0", "1"].includes(gil)) this.tell(`gil: “${gil}” is not 1 (programs run with the GIL) or 0 (free-threaded).`);
    this.#showExample();
  }

  /** Whether the program that is shown is to be run with the GIL, if nobody says otherwise. */
  get #exampleGil() {
    return this.#example.gil ?? true;
  }

  /** What the attribute says of that; else the example. */
  get #attributeGil() {
    const gil = this.getAttribute("gil")?.trim();
    return ["0", "1"].includes(gil) ? gil === "1" : this.#exampleGil;
  }

  /** The example that the attribute names, or the first. */
  #fromAttribute() {
    const id = this.getAttribute("example")?.trim();
    return this.#examples.some((example) => example.id === id) ? id : FIRST_EXAMPLE;
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
    const { example, workers, scale, interval, start, side } = this.#ui;
    this.#writing = true;
    if (example.value === OWN) this.removeAttribute("example");
    else this.setAttribute("example", example.value);
    this.setAttribute("methods", this.#chosenMethods().join(","));
    const seconds = interval.value === "" ? "" : String(Number(interval.value) / 1000);
    // Another example begins with its own choice.
    const chosen = example.value === this.#shown && side.code.gil !== this.#exampleGil;
    const others = {
      workers: workers.value,
      scale: scale.value,
      "switch-interval": seconds,
      "start-method": start.value,
      gil: chosen ? String(Number(side.code.gil)) : "",
    };
    for (const [name, value] of Object.entries(others)) {
      if (value === "") this.removeAttribute(name);
      else this.setAttribute(name, value);
    }
    this.#writing = false;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #showExample() {
    const { about, workers, scale, side, startField, ofWorkloads, table } = this.#ui;
    const example = this.#example;
    const program = this.#runsProgram;
    for (const part of [...ofWorkloads, table.parentElement]) part.hidden = program;
    startField.hidden = program || !this.#chosenMethods().includes("processes");
    this.#ui.columns.classList.toggle("program", program);
    this.#showCode(example);
    if (program) {
      const engine = "A Python program: Run runs it by the Python engine, which is loaded the first time.";
      about.textContent = example.id === OWN ? example.about : `${example.about} (${engine})`;
    } else {
      workers.placeholder = String(example.maxWorkers ?? "default");
      const factor = scale.value === "" ? (example.longestSleep >= 1 ? 0.1 : 1) : Number(scale.value);
      const notes = [example.about];
      if (factor !== 1 && example.longestSleep > 0) {
        const shown = +(example.longestSleep * factor).toFixed(3);
        notes.push(`sleep(${example.longestSleep}) shown as ${shown} s.`);
      }
      about.textContent = notes.join(" ");
    }
    if (!this.#running) side.preview(program ? [] : this.#requests(), this.#source, example.home);
    this.#showTable();
  }

  /** Shows the example's program, if it is not there already, and how it runs; what a reader wrote is kept in the list. */
  #showCode(example) {
    const { code } = this.#ui.side;
    code.gil = this.#attributeGil;
    if (this.#shown === example.id) return;
    if (this.#shown !== null && this.#shown !== OWN && code.own) this.#keepOwn(code.text);
    this.#shown = example.id;
    code.replace(example.kind === "program" ? example.program : this.#source({ example: example.id, method: example.home }));
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

/** What a run has printed so far. */
const printed = (recording) => ({ lines: recording.output(), leftOut: recording.leftOut() });

/** Shows what goes on: once a frame at most, when `key` of it is another, and no more after `end()`. */
function frames(key, show) {
  let next = null;
  let shown;
  return {
    show(what) {
      if (next === null) {
        requestAnimationFrame(() => {
          if (next === null || key(next) === shown) return void (next = null);
          shown = key(next);
          show(next);
          next = null;
        });
      }
      next = what;
    },
    end() {
      next = null;
    },
  };
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
