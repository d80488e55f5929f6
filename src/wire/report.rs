//! What JavaScript gets: reports of runs, examples, methods. Plain data, with camelCase names and milliseconds.

use serde::Serialize;

use crate::analysis::{Analysis, analyse};
use crate::chart::Hit;
use crate::presets::{self, Example, PROGRAMS, Program};
use crate::source;
use crate::time::Time;
use crate::trace::{End, Environment, LaneInfo, LeftOut, Line, Span, State, Stream, Trace};
use crate::workload::{Exception, Method, Seconds, StartMethod, Step, Task, Value, Work, Workload};

/// What JavaScript gets of a run. Times are milliseconds since the run began.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The example's id or the workload's name.
    pub workload: String,
    /// How it was run; none of a program, which may use several methods.
    pub method: Option<Method>,
    /// How it ended: `complete`, `stopped`, `failed` or `deadlock`.
    pub end: &'static str,
    /// What broke, if something did; of a deadlock, who waits for what.
    pub failure: Option<String>,
    /// A program's exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// What was printed, in the order in which it was.
    pub output: Vec<ReportLine>,
    /// What was printed besides: of very much only the beginning is kept.
    pub left_out: LeftOut,
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
    /// At which line of the program, where that is known.
    pub line: Option<u32>,
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
    /// How the pool started its processes; none of anything but a process pool.
    pub start_method: Option<StartMethod>,
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
#[derive(Clone, Debug, Serialize)]
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
    /// The program's line that the lane was at when it began, where that is known.
    pub line: Option<u32>,
    /// What the lane waits for, where that is known.
    pub detail: Option<String>,
}

impl ReportSpan {
    /// A span of a lane, for JavaScript.
    #[must_use]
    pub fn new(trace: &Trace, lane: u16, span: &Span) -> ReportSpan {
        let end = span.end.map(Time::millis);
        let detail = trace.detail(span.detail).map(str::to_owned);
        ReportSpan {
            lane,
            state: span.state,
            start: span.start.millis(),
            end,
            task: span.task,
            line: span.line,
            detail,
        }
    }
}

impl Report {
    /// The report of a trace; `now` is where open spans end if the run is live.
    #[must_use]
    pub fn new(trace: &Trace, now: Time) -> Report {
        let end = trace.end.as_ref().map(|(_, end)| end);
        let exit_code = match (trace.plan(), end) {
            (None, Some(End::Complete)) => Some(0),
            (None, Some(End::Exit(code))) => Some(*code),
            _ => None,
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
            .flat_map(|(lane, traced)| traced.spans.iter().map(move |span| ReportSpan::new(trace, lane, span)));
        Report {
            workload: trace.name().to_owned(),
            method: trace.method(),
            end: end.map_or("live", End::word),
            failure: end.and_then(End::why).map(str::to_owned),
            exit_code,
            output: report_lines(trace),
            left_out: trace.left_out,
            results: results.collect(),
            analysis: analyse(trace, now),
            trace: ReportTrace {
                environment: trace.environment.clone(),
                scale: trace.scale(),
                max_workers: trace.max_workers(),
                start_method: trace.start_method(),
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
        line: line.source_line,
    };
    trace.output.iter().map(line).collect()
}

/// An example, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ReportExample {
    /// Of the guide: run by any method.
    Workload(ReportWorkload),
    /// A striking behaviour: a program, which says itself how it runs.
    Program(ReportProgram),
}

impl ReportExample {
    /// All of them, in the list's order.
    #[must_use]
    pub fn all() -> Vec<ReportExample> {
        let workloads = presets::examples();
        let workloads = workloads.iter().map(|example| ReportExample::Workload(ReportWorkload::new(example)));
        workloads.chain(PROGRAMS.iter().map(|program| ReportExample::Program(ReportProgram::new(program)))).collect()
    }
}

/// An example that is a program, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportProgram {
    /// Its name in requests.
    pub id: &'static str,
    /// What readers see in the list.
    pub title: &'static str,
    /// What to look at.
    pub about: &'static str,
    /// Whether it is shown with the GIL first.
    pub gil: bool,
    /// The program.
    pub program: &'static str,
}

impl ReportProgram {
    fn new(&Program { id, title, about, gil, source }: &Program) -> ReportProgram {
        ReportProgram { id, title, about, gil, program: source }
    }
}

/// An example that is a workload, for JavaScript.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportWorkload {
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

impl ReportWorkload {
    fn new(example: &Example) -> ReportWorkload {
        let workload = &example.workload;
        let longest = |amount: fn(&Step, &Task) -> f64| {
            workload.tasks.iter().map(|task| most(&task.steps, task, amount)).fold(0.0, f64::max)
        };
        ReportWorkload {
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
    /// What the lane waits for.
    pub detail: Option<String>,
    /// The program's first and last line in it, where they are known.
    pub lines: Option<(u32, u32)>,
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
            detail: hit.detail,
            lines: hit.lines,
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
