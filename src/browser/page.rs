//! What the page sees: an [`Engine`] that knows the examples and checks requests, and a [`Recording`] for each run.
//!
//! JavaScript makes the workers and passes messages on unread; what they mean is known here alone.

use std::sync::Arc;

use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::CanvasRenderingContext2d;

use super::canvas::Canvas;
use super::clock;
use super::run::{parse, plan};
use super::worker::{from_js, listen_for_panics, to_js};
use crate::analysis::{analyse, speed_up};
use crate::chart::{self, Rect, Surface, Theme, View};
use crate::export;
use crate::method::lanes;
use crate::presets;
use crate::source;
use crate::time::{Anchor, Time, from_js_millis};
use crate::trace::{End, Environment, Program, Span, State, Trace};
use crate::wire::{
    FromRun, Measured, NOT_ISOLATED, ProgramRole, ProgramStart, Report, ReportExample, ReportHit, ReportMethod,
    ReportSpan, Role, RunStart, ToRun, needs_isolation, report_lines,
};
use crate::workload::{Method, ProgramRequest};

/// What a page can do: list, check, begin.
#[wasm_bindgen]
pub struct Engine {
    environment: Environment,
}

/// What a page can do, for JavaScript.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Capabilities {
    isolated: bool,
    cores: u32,
    /// In milliseconds; none before it was measured.
    clock_resolution: Option<f64>,
    methods: Vec<ReportMethod>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine in a page that is isolated or not, on a machine with so many cores, in this browser.
    #[wasm_bindgen(constructor)]
    pub fn new(isolated: bool, cores: u32, browser: String) -> Engine {
        listen_for_panics();
        Engine { environment: Environment { isolated, cores, browser, ..Environment::default() } }
    }

    /// The examples.
    pub fn examples(&self) -> Result<JsValue, JsError> {
        to_js(&ReportExample::all())
    }

    /// What can run here, and what not and why.
    pub fn capabilities(&self) -> Result<JsValue, JsError> {
        let resolution = self.environment.clock_resolution_nanos;
        to_js(&Capabilities {
            isolated: self.environment.isolated,
            cores: self.environment.cores,
            clock_resolution: (resolution > 0).then(|| Time::from_nanos(resolution).millis()),
            methods: Method::ALL.map(|method| ReportMethod::new(method, self.environment.isolated)).into(),
        })
    }

    /// The states of a lane, as `[id, title]` in the order of the legend.
    pub fn states(&self) -> Result<JsValue, JsError> {
        to_js(&State::ALL.map(|state| (state, state.title())))
    }

    /// Paints the whole of a canvas as a chart paints a state: for the legend. `ratio` is its pixels for a CSS pixel.
    #[wasm_bindgen(js_name = drawState)]
    pub fn draw_state(
        &self,
        context: CanvasRenderingContext2d,
        ratio: f64,
        state: JsValue,
        dark: bool,
    ) -> Result<(), JsError> {
        let state: State = from_js(state)?;
        let (width, height) = context.canvas().map_or((0, 0), |canvas| (canvas.width(), canvas.height()));
        let whole = Rect { width: f64::from(width) / ratio, height: f64::from(height) / ratio, ..Rect::default() };
        Canvas::new(context, ratio).fill(&[whole], theme(dark).state(state));
        Ok(())
    }

    /// The Python program that a request stands for.
    pub fn source(&self, request: &str) -> Result<String, JsError> {
        let mut request = parse(request)?;
        request.workload.max_workers = request.max_workers.or(request.workload.max_workers);
        request.workload.start_method = request.start_method.or(request.workload.start_method);
        Ok(source::python(&request.workload, request.method))
    }

    /// The first message to a worker that measures this machine.
    #[wasm_bindgen(js_name = measureRole)]
    pub fn measure_role(&self) -> Result<JsValue, JsError> {
        to_js(&Role::Measure)
    }

    /// Takes in that worker's answer.
    pub fn measured(&mut self, message: JsValue) -> Result<(), JsError> {
        let measured: Measured = from_js(message)?;
        self.environment.divisions_per_second = measured.calibration.divisions_per_second;
        self.environment.clock_resolution_nanos = measured.clock_resolution_nanos;
        Ok(())
    }

    /// Begins to record a run. `request` is JSON text, `script` the address of the worker script.
    ///
    /// # Errors
    /// What is wrong with the request, by place, value and what is allowed; or why this page cannot run it.
    pub fn record(&self, request: &str, script: String) -> Result<Recording, JsError> {
        // Within the range of a small system's process numbers, and never so low that it looks like init's.
        let pid = 2_000 + (js_sys::Math::random() * 28_000.0) as u32;
        if let Some(program) = ProgramRequest::parse(request, program)? {
            return self.record_program(program, pid, script);
        }
        let method = parse(request)?.method;
        let start = RunStart { request: request.to_owned(), environment: self.environment.clone(), pid, script };
        let plan = Arc::new(plan(&start)?);
        if !self.environment.isolated && needs_isolation(method, plan.to_thread()) {
            return Err(JsError::new(&format!("{} cannot run: {NOT_ISOLATED}", method.title())));
        }
        let lanes = lanes::lanes(&plan, pid);
        Ok(Recording::new(Trace::new(plan, self.environment.clone(), lanes), Start::Plan(start)))
    }

    fn record_program(&self, request: ProgramRequest, pid: u32, script: String) -> Result<Recording, JsError> {
        if !self.environment.isolated {
            return Err(JsError::new(&format!("a Python program cannot run: {NOT_ISOLATED}")));
        }
        let program = Program { name: PROGRAM.to_owned(), gil: request.gil, switch_interval: request.switch_interval };
        let start = ProgramStart {
            source: request.source,
            name: PROGRAM.to_owned(),
            gil: request.gil,
            switch_interval: request.switch_interval.as_secs_f64(),
            args: request.args,
            environment: self.environment.clone(),
            pid,
            script,
            threads: RESERVE,
        };
        Ok(Recording::new(Trace::of_program(program, self.environment.clone()), Start::Program(start)))
    }
}

/// The name of a reader's program, for tracebacks and files.
const PROGRAM: &str = "example.py";
/// So many threads wait for a program that starts some: as many as most examples need, in a few MB. More come on demand.
const RESERVE: usize = 6;

/// What a run's worker is told first.
enum Start {
    Plan(RunStart),
    Program(ProgramStart),
}

/// A run, being recorded or complete.
#[wasm_bindgen]
pub struct Recording {
    trace: Trace,
    start: Start,
    anchor: Option<Anchor>,
    /// How many closed spans of each lane were given out by `takeSpans`.
    sent: Vec<usize>,
    layout: Option<chart::Layout>,
}

impl Recording {
    fn new(trace: Trace, start: Start) -> Recording {
        Recording { trace, start, anchor: None, sent: Vec::new(), layout: None }
    }
}

#[wasm_bindgen]
impl Recording {
    /// The engine that the run needs: `light` or `python`.
    #[wasm_bindgen(getter)]
    pub fn engine(&self) -> String {
        match self.start {
            Start::Plan(_) => "light",
            Start::Program(_) => "python",
        }
        .to_owned()
    }

    /// The first message to the run's worker.
    pub fn role(&self) -> Result<JsValue, JsError> {
        match &self.start {
            Start::Plan(start) => to_js(&Role::Run(start.clone())),
            Start::Program(start) => to_js(&ProgramRole::Run(start.clone())),
        }
    }

    /// The message that asks the run to stop.
    #[wasm_bindgen(js_name = stopMessage)]
    pub fn stop_message(&self) -> Result<JsValue, JsError> {
        to_js(&ToRun::Stop)
    }

    /// Takes in a message of the run's worker.
    pub fn receive(&mut self, message: JsValue) -> Result<(), JsError> {
        match from_js(message)? {
            FromRun::Began { origin, now } => self.anchor = Some(Anchor::here(origin, now)),
            FromRun::Batch(batch) => batch.absorb(&mut self.trace).map_err(|error| JsError::new(&error))?,
            FromRun::Ended { how, .. } if how.is_complete() => self.finish(self.trace.horizon(), how),
            FromRun::Ended { at, how } => self.finish(at, how),
        }
        Ok(())
    }

    /// The run was stopped from outside; what it did until now stays.
    pub fn stopped(&mut self) {
        self.finish(self.time(), End::Stopped);
    }

    /// The run broke; `reason` says what did.
    pub fn failed(&mut self, reason: String) {
        self.finish(self.time(), End::Failed(reason));
    }

    fn finish(&mut self, at: Time, how: End) {
        if self.trace.end.is_none() {
            self.trace.finish(at, how);
        }
    }

    fn time(&self) -> Time {
        match (&self.trace.end, self.anchor) {
            (Some((at, _)), _) => *at,
            (None, Some(anchor)) => anchor.time(clock::origin(), clock::reading()),
            (None, None) => Time::ZERO,
        }
    }

    /// Whether the run's clock has started.
    #[wasm_bindgen(getter)]
    pub fn began(&self) -> bool {
        self.anchor.is_some()
    }

    /// Whether the run is over.
    #[wasm_bindgen(getter)]
    pub fn ended(&self) -> bool {
        self.trace.end.is_some()
    }

    /// Milliseconds since the run's clock started; of a run that is over, its length.
    #[wasm_bindgen(getter)]
    pub fn now(&self) -> f64 {
        self.time().millis()
    }

    /// By how much sleeps are shortened in this run.
    #[wasm_bindgen(getter)]
    pub fn scale(&self) -> f64 {
        self.trace.scale()
    }

    /// The method's id.
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> String {
        self.trace.method().map_or("", Method::id).to_owned()
    }

    /// What there is to say about the run.
    pub fn report(&self) -> Result<JsValue, JsError> {
        to_js(&Report::new(&self.trace, self.time()))
    }

    /// What was printed so far, in the order in which it was.
    pub fn output(&self) -> Result<JsValue, JsError> {
        to_js(&report_lines(&self.trace))
    }

    /// How many lines were printed so far, those that are not kept too: whether there is more to be shown.
    #[wasm_bindgen(getter)]
    pub fn printed(&self) -> f64 {
        self.trace.output.len() as f64 + self.trace.left_out.lines as f64
    }

    /// What was printed besides `output`.
    #[wasm_bindgen(js_name = leftOut)]
    pub fn left_out(&self) -> Result<JsValue, JsError> {
        to_js(&self.trace.left_out)
    }

    /// The spans that have ended since the last call, and the open one of each lane.
    #[wasm_bindgen(js_name = takeSpans)]
    pub fn take_spans(&mut self) -> Result<JsValue, JsError> {
        let mut spans = Vec::new();
        self.sent.resize(self.trace.lanes.len(), 0);
        for ((number, lane), sent) in (0..).zip(&self.trace.lanes).zip(&mut self.sent) {
            let new = lane.spans.get(*sent..).unwrap_or_default();
            spans.extend(new.iter().map(|span: &Span| ReportSpan::new(&self.trace, number, span)));
            *sent += new.iter().filter(|span| span.end.is_some()).count();
        }
        to_js(&spans)
    }

    /// How many times as fast this run was as `base`, by their makespans.
    #[wasm_bindgen(js_name = speedUpOver)]
    pub fn speed_up_over(&self, base: &Recording) -> Option<f64> {
        speed_up(&analyse(&base.trace, base.time()), &analyse(&self.trace, self.time()))
    }

    /// The run in Chrome's trace event format, as JSON text.
    #[wasm_bindgen(js_name = traceEvents)]
    pub fn trace_events(&self) -> String {
        export::trace_events(&self.trace)
    }

    /// Lays the chart out for `width` CSS pixels and the time from `start` to `end` (ms), on a screen with `ratio` of
    /// its pixels for a CSS pixel. Returns the height.
    pub fn layout(&mut self, width: f64, ratio: f64, start: f64, end: f64) -> f64 {
        let time = |millis| Time::after(from_js_millis(millis));
        let view = View::new(time(start), time(end), width).on_screen(ratio);
        let layout = chart::layout(&self.trace, &view, self.time());
        let height = layout.height();
        self.layout = Some(layout);
        height
    }

    /// Draws the chart that was laid out.
    pub fn draw(&self, context: CanvasRenderingContext2d, dark: bool) {
        if let Some(layout) = &self.layout {
            chart::draw(layout, theme(dark), &mut Canvas::new(context, 1.0 / layout.pixel));
        }
    }

    /// What is drawn at a point of the chart, in CSS pixels.
    pub fn hit(&self, x: f64, y: f64) -> Result<JsValue, JsError> {
        to_js(&self.layout.as_ref().and_then(|layout| layout.hit(&self.trace, x, y)).map(ReportHit::new))
    }

    /// Where a moment (ms) of a lane is in the chart that was laid out, in CSS pixels: x, the upper edge of the lane's
    /// bars, their height. Empty if it is not seen.
    pub fn locate(&self, lane: u16, at: f64) -> Vec<f64> {
        let at = Time::after(from_js_millis(at));
        self.layout.as_ref().and_then(|layout| layout.locate(lane, at)).map(Vec::from).unwrap_or_default()
    }

    /// The times (ms) at the left and the right end of the plot, and its left and right edge (CSS pixels).
    pub fn plot(&self) -> Vec<f64> {
        let Some(layout) = &self.layout else { return Vec::new() };
        let scale = &layout.scale;
        vec![scale.start.millis(), scale.end.millis(), scale.left, scale.right]
    }
}

/// A program by its id, as requests look it up.
fn program(id: &str) -> Option<(&'static str, bool)> {
    presets::program(id).map(|program| (program.source, program.gil))
}

fn theme(dark: bool) -> &'static Theme {
    if dark { &Theme::DARK } else { &Theme::LIGHT }
}

/// Several recordings as one picture, on one scale.
#[wasm_bindgen]
#[derive(Default)]
pub struct Picture {
    traces: Vec<Trace>,
}

#[wasm_bindgen]
impl Picture {
    /// An empty picture.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Picture {
        Picture::default()
    }

    /// Puts a recording below the others.
    pub fn add(&mut self, recording: &Recording) {
        self.traces.push(recording.trace.clone());
    }

    /// The picture as an SVG file, so many CSS pixels wide.
    pub fn svg(&self, width: f64, dark: bool) -> String {
        let charts: Vec<(&str, &Trace)> = self
            .traces
            .iter()
            .map(|trace| (trace.method().map_or(trace.name(), |method| method.title()), trace))
            .collect();
        export::svg(&charts, &export::SvgOptions { width, theme: *theme(dark) })
    }
}
