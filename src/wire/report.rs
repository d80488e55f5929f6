//! What JavaScript gets: reports of runs, examples, methods. Plain data, with camelCase names and milliseconds.

use serde::Serialize;

use crate::analysis::{Analysis, analyse};
use crate::chart::Hit;
use crate::presets::Example;
use crate::source;
use crate::time::Time;
use crate::trace::{End, Environment, LaneInfo, Line, Span, State, Stream, Trace};
use crate::workload::{Exception, Method, Seconds, Step, Task, Value, Work, Workload};

/// What JavaScript gets of a run. Times are milliseconds since the run began.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The example's id or the workload's name.
    pub workload: String,
    /// How it was run; none of a program, which may use several methods.
    pub method: Option<Method>,
    /// How it ended: `complete`, `stopped` or `failed`.
    pub end: &'static str,
    /// What broke, if something did.
    pub failure: Option<String>,
    /// What was printed, in the order in which it was.
    pub output: Vec<ReportLine>,
    /// The tasks' results, in the order of submission.
    pub results: Vec<ReportResult>,
    /// What it means.
    pub analysis: Analysis,
    /// What happened.
    pub trace: ReportTrace,
}

/// A printed line.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportLine {
    /// When.
    pub time: f64,
    /// By which lane.
    pub lane: u16,
    /// `stdout` or `stderr`.
    pub stream: Stream,
    /// What.
    pub text: String,
}

/// A task's result.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportResult {
    /// The call.
    pub task: String,
    /// `PENDING`, `RUNNING`, `FINISHED` or `CANCELLED`.
    pub state: &'static str,
    /// `repr()` of what it returned, if it did.
    pub value: Option<String>,
    /// What it raised, if it did.
    pub exception: Option<Exception>,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportTrace {
    /// Where.
    pub environment: Environment,
    /// By how much sleeps were shortened.
    pub scale: f64,
    /// The executor's `max_workers`; none of a program.
    pub max_workers: Option<u32>,
    /// The switch interval, in seconds.
    pub switch_interval: f64,
    /// The lanes that came to life.
    pub lanes: Vec<ReportLane>,
    /// Their spans, lane by lane.
    pub spans: Vec<ReportSpan>,
}

/// A lane.
#[derive(Clone, Debug, Serialize)]
pub struct ReportLane {
    /// Its number: what spans and lines name it by.
    pub lane: u16,
    /// Who it is.
    #[serde(flatten)]
    pub info: LaneInfo,
}

/// A span.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ReportSpan {
    /// On which lane.
    pub lane: u16,
    /// Which state.
    pub state: State,
    /// From.
    pub start: f64,
    /// To; none while it lasts.
    pub end: Option<f64>,
    /// For which task (its place in `results`), if for one.
    pub task: Option<u32>,
}

impl ReportSpan {
    /// A span of a lane, for JavaScript.
    #[must_use]
    pub fn new(lane: u16, span: &Span) -> ReportSpan {
        let end = span.end.map(Time::millis);
        ReportSpan { lane, state: span.state, start: span.start.millis(), end, task: span.task }
    }
}

impl Report {
    /// The report of a trace; `now` is where open spans end if the run is live.
    #[must_use]
    pub fn new(trace: &Trace, now: Time) -> Report {
        let (end, failure) = match &trace.end {
            None => ("live", None),
            Some((_, End::Complete)) => ("complete", None),
            Some((_, End::Stopped)) => ("stopped", None),
            Some((_, End::Failed(what))) => ("failed", Some(what.clone())),
        };
        let results = trace.tasks.iter().map(|record| {
            let outcome = record.outcome.as_ref();
            ReportResult {
                task: record.label.clone(),
                state: record.state(),
                value: outcome.and_then(|outcome| Some(outcome.as_ref().ok()?.repr.clone())),
                exception: record.raised().cloned(),
            }
        });
        let lanes = trace.live_lanes().map(|(lane, traced)| ReportLane { lane, info: traced.info.clone() });
        let spans = trace
            .live_lanes()
            .flat_map(|(lane, traced)| traced.spans.iter().map(move |span| ReportSpan::new(lane, span)));
        Report {
            workload: trace.name().to_owned(),
            method: trace.method(),
            end,
            failure,
            output: report_lines(trace),
            results: results.collect(),
            analysis: analyse(trace, now),
            trace: ReportTrace {
                environment: trace.environment.clone(),
                scale: trace.scale(),
                max_workers: trace.max_workers(),
                switch_interval: trace.switch_interval().as_secs_f64(),
                lanes: lanes.collect(),
                spans: spans.collect(),
            },
        }
    }
}

/// What a run printed, for JavaScript.
#[must_use]
pub fn report_lines(trace: &Trace) -> Vec<ReportLine> {
    let line = |line: &Line| ReportLine {
        time: line.at.millis(),
        lane: line.lane,
        stream: line.stream,
        text: line.text.clone(),
    };
    trace.output.iter().map(line).collect()
}

/// An example, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportExample {
    /// Its name in requests.
    pub id: &'static str,
    /// Its name for readers.
    pub title: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The method that the guide shows it with.
    pub home: Method,
    /// How many tasks it has.
    pub tasks: usize,
    /// The executor's `max_workers`.
    pub max_workers: Option<u32>,
    /// The length of its longest sleep, in seconds, before any shortening.
    pub longest_sleep: f64,
    /// How much each task computes, in seconds.
    pub computes: f64,
    /// The Python program, by method.
    pub source: Vec<(Method, String)>,
}

impl ReportExample {
    /// An example, for JavaScript.
    #[must_use]
    pub fn new(example: &Example) -> ReportExample {
        let workload = &example.workload;
        let longest = |amount: fn(&Step, &Task) -> f64| {
            workload.tasks.iter().map(|task| most(&task.steps, task, amount)).fold(0.0, f64::max)
        };
        ReportExample {
            id: example.id,
            title: example.title,
            about: example.about,
            home: example.home,
            tasks: workload.tasks.len(),
            max_workers: workload.max_workers,
            longest_sleep: longest(|step, task| match step {
                Step::Sleep(Seconds::Fixed(seconds)) => *seconds,
                Step::Sleep(Seconds::Parameter(name)) => task.argument(name).and_then(Value::number).unwrap_or(0.0),
                _ => 0.0,
            }),
            computes: longest(|step, _| match step {
                Step::Compute(Work::Seconds(seconds)) => *seconds,
                _ => 0.0,
            }),
            source: sources(workload),
        }
    }
}

fn sources(workload: &Workload) -> Vec<(Method, String)> {
    Method::ALL.map(|method| (method, source::python(workload, method))).into()
}

fn most(steps: &[Step], task: &Task, amount: fn(&Step, &Task) -> f64) -> f64 {
    let amount = |step: &Step| match step {
        Step::Repeat(_, steps) => most(steps, task, amount),
        step => amount(step, task),
    };
    steps.iter().map(amount).fold(0.0, f64::max)
}

/// What is under the pointer, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportHit {
    /// What it is: `On CPU`, `Holds the GIL`, `Task`, `Printed` …
    pub title: &'static str,
    /// The lane's name.
    pub lane: String,
    /// From, in milliseconds since the run began.
    pub start: f64,
    /// To; so far if it lasts.
    pub end: f64,
    /// Whether it lasts.
    pub open: bool,
    /// The task's name.
    pub task: Option<String>,
    /// The printed text.
    pub text: Option<String>,
    /// How many more spans are at this pixel.
    pub others: usize,
}

impl ReportHit {
    /// A hit, for JavaScript.
    #[must_use]
    pub fn new(hit: Hit) -> ReportHit {
        ReportHit {
            title: hit.title,
            lane: hit.lane_name,
            start: hit.start.millis(),
            end: hit.end.millis(),
            open: hit.open,
            task: hit.task,
            text: hit.text,
            others: hit.others,
        }
    }
}

/// A method, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportMethod {
    /// Its name in requests.
    pub id: &'static str,
    /// Its name for readers.
    pub title: &'static str,
    /// The Python module.
    pub module: &'static str,
    /// Whether it can run in this page.
    pub live: bool,
    /// Why not.
    pub why_not: Option<String>,
    /// In what it differs from CPython, with figures that were not measured here.
    pub caveat: Option<&'static str>,
}

/// The methods that need one memory shared by several workers.
#[must_use]
pub fn needs_isolation(method: Method, to_thread: bool) -> bool {
    match method {
        Method::Threads | Method::ThreadsFree | Method::Interpreters => true,
        Method::Asyncio => to_thread,
        Method::Sequential | Method::Processes => false,
    }
}

/// What a page without isolation is told.
pub const NOT_ISOLATED: &str = "this page is not cross-origin isolated, so the browser gives it no shared memory for \
     threads; serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: \
     require-corp (`make serve` does)";

impl ReportMethod {
    /// A method, as it stands in this page.
    #[must_use]
    pub fn new(method: Method, isolated: bool) -> ReportMethod {
        let live = isolated || !needs_isolation(method, false);
        ReportMethod {
            id: method.id(),
            title: method.title(),
            module: method.module(),
            live,
            why_not: (!live).then(|| NOT_ISOLATED.to_owned()),
            caveat: method.caveat(),
        }
    }
}
