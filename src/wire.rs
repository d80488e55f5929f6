//! Everything that crosses a boundary, as plain data: between workers as closed enums (here), to JavaScript as reports.

mod report;

use serde::{Deserialize, Serialize};

use crate::time::{Anchor, Time};
use crate::trace::{Batch, End, Environment, Event, LaneInfo, LeftOut, Shown, ShownOutcome, Stream, Trace};
use crate::workload::{Calibration, Exception};

pub use report::{
    NOT_ISOLATED, Report, ReportExample, ReportHit, ReportLane, ReportLine, ReportMethod, ReportResult, ReportSpan,
    ReportTrace, needs_isolation, report_lines,
};

/// The first message to a worker: what it is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Role {
    /// Measure how fast this machine computes and how fine its clock is, answer with [`Measured`], and end.
    Measure,
    /// Carry out a run.
    Run(RunStart),
    /// Be a process of a run.
    Process(ProcessStart),
}

/// What a run's worker needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunStart {
    /// The request, as JSON text: each memory parses it itself.
    pub request: String,
    /// Cores, clock, speed.
    pub environment: Environment,
    /// The invented number of the main process.
    pub pid: u32,
    /// The address of the worker script, for processes.
    pub script: String,
}

/// The first message to a worker of the Python engine, of which the page needs to know one role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ProgramRole {
    /// Run a program: its main process.
    Run(ProgramStart),
}

/// What the worker of a program's run needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProgramStart {
    /// The program.
    pub source: String,
    /// The name of its file, for tracebacks.
    pub name: String,
    /// Whether each interpreter has a GIL.
    pub gil: bool,
    /// The first interpreter's switch interval, in seconds.
    pub switch_interval: f64,
    /// What follows the name in `sys.argv`.
    pub args: Vec<String>,
    /// Cores, clock.
    pub environment: Environment,
    /// The invented number of the main process; its children count on from there.
    pub pid: u32,
    /// The address of the worker script, for threads and processes.
    pub script: String,
    /// So many threads are started before the program is.
    pub threads: usize,
}

/// What a process needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcessStart {
    /// The run.
    pub run: RunStart,
    /// Which worker of the pool this is.
    pub worker: u32,
    /// When its parent started it.
    pub started: Time,
    /// The run's clock.
    pub anchor: Anchor,
}

/// The answer to [`Role::Measure`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// How fast the machine computes.
    pub calibration: Calibration,
    /// The smallest step of the clock that was seen, in nanoseconds.
    pub clock_resolution_nanos: u64,
}

/// From the page to a run's worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum ToRun {
    /// Hand over what is recorded and end.
    Stop,
}

/// From a run's worker to the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromRun {
    /// All is ready and the run's clock starts: `performance.timeOrigin` and `performance.now()` there, in ms.
    Began {
        /// The worker's time origin.
        origin: f64,
        /// Its reading.
        now: f64,
    },
    /// What was recorded.
    Batch(WireBatch),
    /// The run is over; nothing follows.
    Ended {
        /// When.
        at: Time,
        /// How.
        how: End,
    },
}

/// From a run to one of its processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToProcess {
    /// A call, as bytes, and when it was sent.
    Call(#[serde(with = "serde_bytes")] Vec<u8>, Time),
}

/// From a process to its run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromProcess {
    /// It is up.
    Ready,
    /// What was recorded.
    Batch(WireBatch),
    /// The answer to a call.
    Answer(#[serde(with = "serde_bytes")] Vec<u8>),
    /// It ended itself, as its program asked for.
    Exited,
    /// It cannot go on.
    Failed(String),
}

/// A batch on its way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WireBatch {
    #[serde(with = "serde_bytes")]
    events: Vec<u8>,
    #[serde(default)]
    outcomes: Vec<(u32, WireOutcome)>,
    /// Lanes that came to life; a run of a plan has all of them known beforehand.
    #[serde(default)]
    lanes: Vec<(u16, LaneInfo)>,
    /// Calls that were made, by number; likewise.
    #[serde(default)]
    tasks: Vec<(u32, String)>,
    /// What states are about, by number; a plan's are about nothing.
    #[serde(default)]
    details: Vec<(u32, String)>,
    /// Lines that were printed; those of a plan are events, their texts being known.
    #[serde(default)]
    lines: Vec<WireLine>,
    /// What was printed besides, and is too much to be told.
    #[serde(default)]
    left_out: LeftOut,
}

/// What is new in a program's run, which says itself what lanes and calls there are.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Lanes that came to life.
    pub lanes: Vec<(u16, LaneInfo)>,
    /// Calls that were made, by number.
    pub tasks: Vec<(u32, String)>,
    /// What came of calls.
    pub outcomes: Vec<(u32, ShownOutcome)>,
    /// What states are about, by number.
    pub details: Vec<(u32, String)>,
    /// Lines that were printed.
    pub lines: Vec<WireLine>,
}

/// A printed line on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireLine {
    /// When.
    pub at: Time,
    /// By which lane.
    pub lane: u16,
    /// Where to.
    pub stream: Stream,
    /// What, without the end of the line.
    pub text: String,
    /// At which line of the program, if that is known.
    pub source_line: Option<u32>,
}

/// An outcome on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum WireOutcome {
    Value(Shown),
    Raised(Exception),
}

impl From<ShownOutcome> for WireOutcome {
    fn from(outcome: ShownOutcome) -> WireOutcome {
        match outcome {
            Ok(shown) => WireOutcome::Value(shown),
            Err(raised) => WireOutcome::Raised(raised),
        }
    }
}

impl From<WireOutcome> for ShownOutcome {
    fn from(outcome: WireOutcome) -> ShownOutcome {
        match outcome {
            WireOutcome::Value(shown) => Ok(shown),
            WireOutcome::Raised(raised) => Err(raised),
        }
    }
}

impl WireBatch {
    /// A batch, ready for a message.
    #[must_use]
    pub fn new(batch: &Batch) -> WireBatch {
        let shown = batch.outcomes.iter().map(|(task, outcome)| (*task, Shown::outcome(outcome).into()));
        WireBatch { events: Event::to_bytes(&batch.events), outcomes: shown.collect(), ..WireBatch::default() }
    }

    /// A batch of a program's run.
    #[must_use]
    pub fn announce(batch: &Batch, news: News) -> WireBatch {
        let News { lanes, tasks, outcomes, details, lines } = news;
        let outcomes = outcomes.into_iter().map(|(task, outcome)| (task, outcome.into())).collect();
        WireBatch { lanes, tasks, outcomes, details, lines, ..WireBatch::new(batch) }
    }

    /// Besides its lines more was printed, too much to be told.
    #[must_use]
    pub fn leaving_out(self, left_out: LeftOut) -> WireBatch {
        WireBatch { left_out, ..self }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.outcomes.is_empty()
            && self.lanes.is_empty()
            && self.tasks.is_empty()
            && self.details.is_empty()
            && self.lines.is_empty()
            && self.left_out == LeftOut::default()
    }

    /// Puts the batch into a trace.
    ///
    /// # Errors
    /// The batch is no batch: the two sides are not of one version.
    pub fn absorb(self, trace: &mut Trace) -> Result<(), String> {
        let events = Event::from_bytes(&self.events).ok_or("a batch of the record cannot be read: reload the page")?;
        for (number, info) in self.lanes {
            trace.announce_lane(number, info);
        }
        for (number, label) in self.tasks {
            trace.announce_task(number, label);
        }
        for (number, detail) in self.details {
            trace.announce_detail(number, detail);
        }
        let outcomes = self.outcomes.into_iter().map(|(task, shown)| (task, shown.into()));
        trace.absorb(&events, outcomes);
        for WireLine { at, lane, stream, text, source_line } in self.lines {
            trace.print_from(at, lane, stream, text, source_line);
        }
        trace.left_out.add(self.left_out);
        Ok(())
    }
}
