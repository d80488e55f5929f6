// The charts of one <gil-scope>: a figure for each method, all on one clock and one scale. What is drawn where is the
// engine's; here are canvases, the view in time, the pointer and the keyboard.

import { button, clear, download, element, milliseconds } from "./dom.js";

/** The least time that is ever shown, in ms: a zoom beyond the clock's resolution shows nothing more. */
const LEAST_SPAN = 0.05;
/** Room right of the last event, as a share of the time shown. */
const MARGIN = 0.02;
const ZOOM = 1.4;

export class Charts {
  /** The engine's scope; set when it is loaded. */
  scope = null;

  #charts = [];
  #view = null;
  #frame = 0;
  #dark = matchMedia("(prefers-color-scheme: dark)");
  #legend = element("ul", { className: "legend" });
  #figures = element("div", { className: "figures" });
  #tooltip = element("div", { className: "tooltip", role: "tooltip", hidden: true });
  #zoom;
  #choose;
  #pointed;
  /** What shows a moment of a lane. */
  #moment = element("div", { className: "moment", hidden: true });

  /**
   * `choose` is called with the chart whose code and output a reader wants to see, `pointed` with the chart and the
   * program's first and last line of what is under the pointer, or null.
   */
  constructor({ choose, pointed }) {
    this.#choose = choose;
    this.#pointed = pointed;
    this.#zoom = element("div", { className: "zoom", hidden: true }, [
      button("−", () => this.#scale(ZOOM)),
      button("+", () => this.#scale(1 / ZOOM)),
      button("Whole run", () => this.#show(null)),
      button("Picture (SVG)", () => this.#savePicture()),
    ]);
    for (const [i, title] of ["Zoom out", "Zoom in"].entries()) this.#zoom.children[i].ariaLabel = title;
    this.root = element("section", { className: "charts", "aria-label": "Charts" }, [
      element("div", { className: "charts-head" }, [this.#legend, this.#zoom]),
      this.#figures,
      element("p", { className: "nothing" }, ["Nothing has run yet. Run draws a chart here, while it runs."]),
      this.#tooltip,
    ]);
    this.#dark.addEventListener("change", () => this.#redraw());
    new ResizeObserver(() => this.#redraw()).observe(this.#figures);
  }

  /** Makes room for a run of these methods; the charts of methods before are gone. */
  begin(methods) {
    for (const { run } of this.#charts) run?.release();
    this.#charts = methods.map((method) => this.#make(method));
    clear(this.#figures).append(...this.#charts.map(({ figure }) => figure));
    this.#view = null;
    this.#zoom.hidden = false;
    this.#redraw();
  }

  /** Makes room for one more run, in the place of the one before of the same kind. */
  add(what) {
    const chart = this.#make(what);
    const before = this.chart(what.id);
    if (before) {
      before.run?.release();
      this.#charts[this.#charts.indexOf(before)] = chart;
      before.figure.replaceWith(chart.figure);
    } else {
      this.#charts.push(chart);
      this.#figures.append(chart.figure);
    }
    this.#view = null;
    this.#zoom.hidden = false;
    this.#redraw();
    return chart;
  }

  chart(method) {
    return this.#charts.find((chart) => chart.id === method);
  }

  recording(method) {
    return this.chart(method)?.recording ?? null;
  }

  /** What is known of a method's run: its recording and, when it is over, its report. */
  result(method) {
    const chart = this.chart(method);
    return { recording: chart?.recording ?? null, report: chart?.report ?? null };
  }

  /** More of a run is known. */
  update(chart, recording) {
    chart.recording = recording;
    chart.status.textContent = recording.began ? "running …" : "starting …";
    this.#redraw();
  }

  /** A run is over. */
  finish(chart, run, report) {
    chart.run = run;
    chart.recording = run.recording;
    chart.report = report;
    const { makespan, duration } = report.analysis;
    const times = makespan === null ? milliseconds(duration) : milliseconds(makespan);
    const code = report.exitCode ? `, exit code ${report.exitCode}` : "";
    chart.status.textContent = report.end === "complete" ? times + code : `${report.end} after ${milliseconds(duration)}`;
    chart.status.title = "Makespan: from the first task’s start to the last one’s end";
    chart.save.hidden = false;
    chart.canvas.ariaLabel = summary(chart.title, report);
    this.#redraw();
  }

  /** Shows where on its chart a lane was at this time (ms), in view or brought there. */
  show(method, lane, time) {
    const chart = this.chart(method);
    if (!chart?.recording) return;
    const { start, end } = this.#view ?? this.#whole();
    if (time < start || time > end) this.#show({ start: time - (end - start) / 2, end: time + (end - start) / 2 });
    this.#draw();
    const [x, top, height] = chart.recording.locate(lane, time);
    this.#moment.hidden = x === undefined;
    if (x === undefined) return;
    chart.canvas.after(this.#moment);
    Object.assign(this.#moment.style, {
      left: `${chart.canvas.offsetLeft + x}px`,
      top: `${chart.canvas.offsetTop + top - 3}px`,
      height: `${height + 6}px`,
    });
    this.#moment.scrollIntoView({ block: "nearest" });
    // Anew for each call.
    this.#moment.getAnimations().forEach((animation) => animation.cancel());
    const fade = this.#moment.animate([{ opacity: 1 }, { opacity: 1, offset: 0.7 }, { opacity: 0 }], 2500);
    fade.finished.then(() => (this.#moment.hidden = true), () => {});
  }

  /** A run's turn never came. */
  skip(chart) {
    chart.status.textContent = "stopped before its turn";
  }

  /** A run could not be. */
  fail(chart, error) {
    chart.status.textContent = error.message ?? String(error);
    chart.figure.classList.add("failed");
  }

  #make({ id, title, caveat, note }) {
    const canvas = element("canvas", { tabIndex: 0, role: "img", ariaLabel: `Chart of ${title}` });
    const status = element("span", { className: "status" }, ["waits for its turn"]);
    const save = button("Trace (JSON)", () => this.#saveTrace(chart));
    save.hidden = true;
    save.title = "Chrome’s trace event format: opens in Perfetto";
    const choose = button(title, () => this.#choose(id));
    choose.title = "Show its code, output and results";
    const badge = element("span", { className: "badge" }, [note ?? "workload in Rust"]);
    badge.title = "The engine that this chart was recorded from";
    const caption = element("figcaption", {}, [element("h3", {}, [choose]), status, badge, save]);
    const figure = element("figure", { "data-method": id }, [caption, canvas]);
    if (caveat) {
      const recorded = element("span", { className: "badge" }, ["recorded, not measured here"]);
      figure.append(element("p", { className: "caveat" }, [recorded, " ", caveat]));
    }
    const chart = { id, title, figure, canvas, status, save, run: null, recording: null, report: null };
    this.#listen(chart);
    return chart;
  }

  #listen(chart) {
    const { canvas } = chart;
    let dragged = null;
    canvas.addEventListener("pointermove", (event) => {
      if (dragged === null) return this.#point(chart, event);
      this.#tooltip.hidden = true;
      const { start, end, perPixel } = this.#time(chart);
      const by = (dragged - event.clientX) * perPixel;
      dragged = event.clientX;
      this.#show({ start: start + by, end: end + by });
    });
    canvas.addEventListener("pointerleave", () => {
      this.#tooltip.hidden = true;
      this.#pointed(chart.id, null);
    });
    canvas.addEventListener("pointerdown", (event) => {
      // On a touch screen a finger scrolls the page.
      if (this.#view === null || event.pointerType === "touch") return this.#point(chart, event);
      dragged = event.clientX;
      canvas.setPointerCapture(event.pointerId);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (dragged = null));
    canvas.addEventListener("dblclick", () => this.#show(null));
    canvas.addEventListener(
      "wheel",
      (event) => {
        // A plain wheel scrolls the page; with Ctrl (or a pinch) it zooms, as maps do.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const { start, left, perPixel } = this.#time(chart);
        this.#scale(event.deltaY > 0 ? ZOOM : 1 / ZOOM, start + (event.offsetX - left) * perPixel);
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => {
      const { start, end } = this.#time(chart);
      const step = (end - start) / 10;
      const act = {
        "+": () => this.#scale(1 / ZOOM),
        "-": () => this.#scale(ZOOM),
        0: () => this.#show(null),
        ArrowLeft: () => this.#show({ start: start - step, end: end - step }),
        ArrowRight: () => this.#show({ start: start + step, end: end + step }),
      }[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
  }

  /** The time that a chart shows, and where. */
  #time(chart) {
    const [start, end, left, right] = chart.recording?.plot() ?? [];
    if (start === undefined) return { start: 0, end: 1, left: 0, perPixel: 0 };
    return { start, end, left, perPixel: (end - start) / (right - left) };
  }

  /** All the time there is to show. */
  #whole() {
    const ends = this.#charts.map(({ recording }) => recording?.now ?? 0);
    return { start: 0, end: Math.max(1, ...ends) * (1 + MARGIN) };
  }

  #show(view) {
    if (view) {
      const whole = this.#whole();
      const span = Math.min(Math.max(view.end - view.start, LEAST_SPAN), whole.end);
      const start = Math.min(Math.max(0, view.start), whole.end - span);
      view = span >= whole.end ? null : { start, end: start + span };
    }
    this.#view = view;
    this.#figures.classList.toggle("zoomed", view !== null);
    this.#redraw();
  }

  #scale(factor, around) {
    const { start, end } = this.#view ?? this.#whole();
    const center = around ?? (start + end) / 2;
    this.#show({ start: center - (center - start) * factor, end: center + (end - center) * factor });
  }

  #redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      // While a run is live its open spans grow, also when nothing new is heard.
      if (this.#charts.some(({ recording }) => recording?.began && !recording.ended)) this.#redraw();
    });
  }

  #draw() {
    const dark = this.#dark.matches;
    this.#drawLegend(dark);
    const view = this.#view ?? this.#whole();
    const ratio = devicePixelRatio;
    for (const { canvas, recording } of this.#charts) {
      // In whole pixels of the screen: a canvas of any other width is drawn blurred.
      const width = Math.floor(canvas.parentElement.getBoundingClientRect().width * ratio) / ratio;
      if (!recording || width === 0) continue;
      const height = recording.layout(width, ratio, view.start, view.end);
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        canvas.style.width = `${wide / ratio}px`;
        canvas.style.height = `${high / ratio}px`;
      }
      recording.draw(canvas.getContext("2d"), dark);
    }
  }

  #drawLegend(dark) {
    const key = `${dark} ${devicePixelRatio}`;
    if (!this.scope || this.#legend.dataset.drawn === key) return;
    this.#legend.dataset.drawn = key;
    const ratio = devicePixelRatio;
    const entries = this.scope.states().map(({ id, title }) => {
      const swatch = element("canvas", { width: 22 * ratio, height: 12 * ratio, "aria-hidden": "true" });
      this.scope.drawState(swatch, id, { dark, ratio });
      return element("li", {}, [swatch, title]);
    });
    clear(this.#legend).append(...entries);
  }

  #point(chart, event) {
    const hit = chart.recording?.hit(event.offsetX, event.offsetY);
    this.#tooltip.hidden = !hit;
    this.#pointed(chart.id, hit?.lines ?? null);
    if (!hit) return;
    const lasted = milliseconds(hit.end - hit.start);
    const rows = [
      ["lane", hit.lane],
      ["waits for", hit.detail],
      ["task", hit.task],
      ["printed", hit.text],
      ["start", milliseconds(hit.start)],
      ["duration", hit.text ? null : hit.open ? `${lasted} so far` : lasted],
      ["line", hit.lines?.[0] === hit.lines?.[1] ? hit.lines?.[0] : `${Math.min(...hit.lines)} to ${Math.max(...hit.lines)}`],
      ["here too", hit.others > 0 ? `${hit.others} more, too short to tell apart` : null],
    ];
    clear(this.#tooltip).append(
      element("strong", {}, [hit.title]),
      element("dl", {}, rows.filter(([, value]) => value).flatMap(([term, value]) => [
        element("dt", {}, [term]),
        element("dd", {}, [value]),
      ])),
    );
    const { width, height } = this.#tooltip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - width - 4);
    const below = event.clientY + 18;
    const y = below + height > innerHeight ? event.clientY - height - 10 : below;
    Object.assign(this.#tooltip.style, { left: `${Math.max(4, x)}px`, top: `${y}px` });
  }

  #saveTrace({ id, report }) {
    download(`${report.workload.replace(/\W+/g, "-")}-${id}.json`, "application/json", JSON.stringify(report.toTraceEvents()));
  }

  #savePicture() {
    const charts = this.#charts.filter(({ recording }) => recording);
    if (charts.length === 0) return;
    const svg = this.scope.picture(charts.map(({ recording }) => recording), { dark: this.#dark.matches });
    download("gilscope.svg", "image/svg+xml", svg);
  }
}

/** A chart in words, for those who do not see it. */
function summary(title, { analysis, end }) {
  const states = analysis.states.map(({ state, time }) => `${state.replaceAll("-", " ")} ${milliseconds(time)}`);
  const makespan = analysis.makespan === null ? end : `makespan ${milliseconds(analysis.makespan)}`;
  return `${title}: ${makespan}, at most ${analysis.mostOnCpu} on CPU at once; time by state: ${states.join(", ")}`;
}
