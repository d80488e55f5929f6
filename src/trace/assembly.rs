//! Events put together: spans of lanes, tasks, printed lines. It grows while a run is live.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::end::End;
use super::event::{Event, Mark};
use super::kept::{BegunLine, Keeper, LeftOut};
use super::lane::{Hold, TracedLane};
use super::lane_info::LaneInfo;
use crate::time::Time;
use crate::workload::{Exception, Method, Outcome, Plan, Refused, StartMethod, Value};

/// What happened in a run, so far.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What was run.
    pub subject: Subject,
    /// Where.
    pub environment: Environment,
    /// The lanes, by number; those that never came to life have no spans.
    pub lanes: Vec<TracedLane>,
    /// The tasks, in the order of submission.
    pub tasks: Vec<TaskRecord>,
    /// What was printed, in the order in which it was; of very much the beginning.
    pub output: Vec<Line>,
    /// What was printed besides.
    pub left_out: LeftOut,
    /// What is kept of each stream.
    keepers: [Keeper; 2],
    /// Where in `lanes` a program's lanes are, by the numbers that they were announced with: those have gaps.
    places: HashMap<u16, u16>,
    /// What states are about, by number.
    details: HashMap<u32, String>,
    /// When the executor was made.
    pub pool_created: Option<Time>,
    /// When it was asked to shut down.
    pub shutdown: Option<Time>,
    /// When it had.
    pub shutdown_done: Option<Time>,
    /// When and how the run ended, if it has.
    pub end: Option<(Time, End)>,
}

/// What a trace is of.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A workload, run by a method.
    Plan(Arc<Plan>),
    /// A Python program.
    Program(Program),
}

/// A Python program, run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// A name for people.
    pub name: String,
    /// Whether its threads share a GIL.
    pub gil: bool,
    /// The switch interval that it begins with.
    pub switch_interval: Duration,
}

/// Where a run took place, and how well its clock could be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Whether the page was cross-origin isolated.
    pub isolated: bool,
    /// The smallest step of the clock that was seen, in nanoseconds.
    pub clock_resolution_nanos: u64,
    /// `navigator.hardwareConcurrency`.
    pub cores: u32,
    /// The browser's name for itself.
    pub browser: String,
    /// How fast the machine computes alone: divisions in a second.
    pub divisions_per_second: f64,
}

/// A task's times; those that have not come yet are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskRecord {
    /// The call, as Python writes it.
    pub label: String,
    /// `submit()` was called.
    pub submit: Option<Time>,
    /// It returned.
    pub submitted: Option<Time>,
    /// The function was entered, and on which lane.
    pub ran: Option<Ran>,
    /// The future was running: in a process pool that is before a worker begins it.
    pub running: Option<Time>,
    /// `submit()` raised instead.
    pub refused: Option<Refused>,
    /// The future had its result.
    pub done: Option<Time>,
    /// `result()` returned it to the main program.
    pub got: Option<Time>,
    /// How it ended.
    pub outcome: Option<ShownOutcome>,
}

impl TaskRecord {
    /// The exception that it ended with, if it did.
    #[must_use]
    pub fn raised(&self) -> Option<&Exception> {
        self.outcome.as_ref()?.as_ref().err()
    }

    /// The state of its future, in CPython's words; `REFUSED` if `submit()` raised, so that it has none. Of a program's
    /// call only the times are recorded, not the outcome.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (&self.outcome, self.done, self.ran.is_some() || self.running.is_some()) {
            _ if self.refused.is_some() => "REFUSED",
            (Some(_), ..) if self.raised().is_some_and(Exception::is_cancelled) => "CANCELLED",
            (Some(_), ..) | (None, Some(_), _) => "FINISHED",
            (None, None, true) => "RUNNING",
            (None, None, false) => "PENDING",
        }
    }
}

/// The time in which a task ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// On which lane.
    pub lane: u16,
    /// The function was entered.
    pub start: Time,
    /// It was left.
    pub end: Option<Time>,
}

/// An outcome as it is shown: the value as Python writes it, or the exception.
pub type ShownOutcome = Result<Shown, Exception>;

/// A value as Python writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// `repr(value)`
    pub repr: String,
    /// `str(value)`
    pub str: String,
}

impl Shown {
    /// An outcome, to be shown.
    pub fn outcome(outcome: &Outcome) -> ShownOutcome {
        let show = |value: &Value| Shown { repr: value.repr(), str: value.str() };
        outcome.as_ref().map(show).map_err(Exception::clone)
    }
}

/// A printed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Time,
    /// By which lane.
    pub lane: u16,
    /// Where to.
    pub stream: Stream,
    /// What.
    pub text: String,
    /// At which line of the program, where that is known.
    pub source_line: Option<u32>,
    /// Which part of the program printed it.
    part: Part,
}

/// The parts of a program that print, in the order in which they do. Where the clock is too coarse to tell two lines
/// apart, this does: the main program's first lines come before all calls, its last ones after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Before,
    Calls,
    After,
}

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error: tracebacks.
    Stderr,
}

/// The most calls of a program that are kept apart.
const MOST_CALLS: usize = 1 << 20;

impl Trace {
    /// A trace of a run of this plan with these lanes, nothing of which has happened yet.
    #[must_use]
    pub fn new(plan: Arc<Plan>, environment: Environment, lanes: Vec<LaneInfo>) -> Trace {
        let task = |label: &String| TaskRecord { label: label.clone(), ..TaskRecord::default() };
        let tasks = plan.tasks.iter().map(|planned| task(&planned.label)).collect();
        Trace::with(Subject::Plan(plan), environment, lanes, tasks)
    }

    /// A trace of a program's run, which will say itself which lanes and calls it has.
    #[must_use]
    pub fn of_program(program: Program, environment: Environment) -> Trace {
        Trace::with(Subject::Program(program), environment, Vec::new(), Vec::new())
    }

    fn with(subject: Subject, environment: Environment, lanes: Vec<LaneInfo>, tasks: Vec<TaskRecord>) -> Trace {
        Trace {
            lanes: lanes.into_iter().map(TracedLane::new).collect(),
            tasks,
            output: Vec::new(),
            left_out: LeftOut::default(),
            keepers: Default::default(),
            places: HashMap::new(),
            details: HashMap::new(),
            pool_created: None,
            shutdown: None,
            shutdown_done: None,
            end: None,
            environment,
            subject,
        }
    }

    /// The plan, if it was one that was run.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        match &self.subject {
            Subject::Plan(plan) => Some(plan),
            Subject::Program(_) => None,
        }
    }

    /// The workload's or the program's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.subject {
            Subject::Plan(plan) => &plan.workload.name,
            Subject::Program(program) => &program.name,
        }
    }

    /// The method; none of a program, which may use several.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        self.plan().map(|plan| plan.method)
    }

    /// Whether there is a GIL.
    #[must_use]
    pub fn gil(&self) -> bool {
        match &self.subject {
            Subject::Plan(plan) => plan.method != Method::ThreadsFree,
            Subject::Program(program) => program.gil,
        }
    }

    /// The switch interval.
    #[must_use]
    pub fn switch_interval(&self) -> Duration {
        match &self.subject {
            Subject::Plan(plan) => plan.switch_interval,
            Subject::Program(program) => program.switch_interval,
        }
    }

    /// By how much sleeps were shortened; a program's never are.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.plan().map_or(1.0, |plan| plan.scale)
    }

    /// The executor's `max_workers`; none of a program, which may have several executors.
    #[must_use]
    pub fn max_workers(&self) -> Option<u32> {
        self.plan().map(|plan| plan.max_workers)
    }

    /// How the pool started its processes; none of anything but a process pool.
    #[must_use]
    pub fn start_method(&self) -> Option<StartMethod> {
        self.plan().filter(|plan| plan.method == Method::Processes).map(|plan| plan.start_method)
    }

    /// Whether asyncio ran the calls in threads.
    #[must_use]
    pub fn to_thread(&self) -> bool {
        self.plan().is_some_and(Plan::to_thread)
    }

    /// Takes in a batch. Events of one lane must come in their order; lanes may come in any.
    ///
    /// An event of a lane or a task that this run does not have is left out: a batch is another memory's word.
    pub fn absorb(&mut self, events: &[Event], outcomes: impl IntoIterator<Item = (u32, ShownOutcome)>) {
        for (task, outcome) in outcomes {
            if let Some(record) = self.tasks.get_mut(task as usize) {
                record.outcome = Some(outcome);
            }
        }
        for event in events {
            if let Some(lane) = self.place(event.lane) {
                self.take(Event { lane, ..*event });
            }
        }
    }

    fn take(&mut self, Event { at, lane, mark }: Event) {
        let traced = &mut self.lanes[usize::from(lane)];
        let mut task = |task: u32, set: &mut dyn FnMut(&mut TaskRecord)| {
            if let Some(record) = self.tasks.get_mut(task as usize) {
                set(record);
            }
        };
        match mark {
            Mark::State(state, task) => traced.change(at, Some((state, task))),
            Mark::LaneEnd => traced.change(at, None),
            Mark::Line(line) => traced.at_line(line),
            Mark::Detail(detail) => traced.about(detail),
            Mark::Submit(number) => task(number, &mut |record| record.submit = Some(at)),
            Mark::Submitted(number) => task(number, &mut |record| record.submitted = Some(at)),
            Mark::TaskStart(number) => {
                task(number, &mut |record| record.ran = Some(Ran { lane, start: at, end: None }));
            }
            Mark::TaskEnd(number) => {
                task(number, &mut |record| record.ran = record.ran.map(|ran| Ran { end: ran.end.or(Some(at)), ..ran }));
            }
            Mark::Running(number) => task(number, &mut |record| record.running = Some(at)),
            Mark::Done(number) => task(number, &mut |record| record.done = Some(at)),
            Mark::Got(number) => task(number, &mut |record| record.got = Some(at)),
            Mark::GilTaken(interpreter) => traced.holds.push(Hold { start: at, end: None, interpreter }),
            Mark::GilDropped => {
                if let Some(hold) = traced.holds.last_mut() {
                    hold.end = Some(at);
                }
            }
            Mark::Print(number, line) => {
                let pid = traced.info.pid;
                let text = self.plan().map(|plan| plan.printed(number, u32::from(line), pid)).unwrap_or_default();
                self.print(at, lane, Stream::Stdout, text);
            }
            Mark::PrintMain(line) => {
                let Some(plan) = self.plan() else { return };
                let (before, after) = (plan.workload.before.len(), plan.workload.after.len());
                let part = match line as usize {
                    line if line < before => Part::Before,
                    line if line < before + after => Part::After,
                    _ => Part::Calls,
                };
                let text = plan.main_line(line);
                self.put(part, at, lane, Stream::Stdout, text);
            }
            Mark::PrintResult(number) => {
                let text = self.shown(number).map_or_else(String::new, |shown| shown.str.clone());
                self.put(Part::After, at, lane, Stream::Stdout, text);
            }
            Mark::PrintList => {
                let shown = |number| self.shown(number as u32).map_or("", |shown| &shown.repr);
                let list: Vec<_> = (0..self.tasks.len()).map(shown).collect();
                self.put(Part::After, at, lane, Stream::Stdout, format!("[{}]", list.join(", ")));
            }
            Mark::PrintCancel(number, cancelled) => {
                let cancelled = if cancelled { "True" } else { "False" };
                self.put(Part::Calls, at, lane, Stream::Stdout, format!("cancel {number}: {cancelled}"));
            }
            Mark::Refused(number, refused) => {
                task(number, &mut |record| record.refused = Some(refused));
                self.put(Part::After, at, lane, Stream::Stderr, "Traceback (most recent call last):".to_owned());
                self.put(Part::After, at, lane, Stream::Stderr, refused.exception().line());
            }
            Mark::PrintTraceback(number) => {
                let raised = self.tasks.get(number as usize).and_then(|record| record.outcome.as_ref()?.as_ref().err());
                let text = raised.map_or_else(String::new, Exception::line);
                self.put(Part::After, at, lane, Stream::Stderr, "Traceback (most recent call last):".to_owned());
                self.put(Part::After, at, lane, Stream::Stderr, text);
            }
            Mark::PoolCreated => self.pool_created = Some(at),
            Mark::Shutdown => self.shutdown = Some(at),
            Mark::ShutdownDone => self.shutdown_done = Some(at),
        }
    }

    fn shown(&self, task: u32) -> Option<&Shown> {
        self.tasks.get(task as usize)?.outcome.as_ref()?.as_ref().ok()
    }

    /// A lane came to life that nobody knew of beforehand.
    pub fn announce_lane(&mut self, number: u16, info: LaneInfo) {
        match self.places.get(&number) {
            Some(place) => self.lanes[usize::from(*place)].info = info,
            None => {
                self.places.insert(number, self.lanes.len() as u16);
                self.lanes.push(TracedLane::new(info));
            }
        }
    }

    /// Where in `lanes` the lane is that goes by this number on its way here.
    fn place(&self, number: u16) -> Option<u16> {
        match self.subject {
            Subject::Plan(_) => (usize::from(number) < self.lanes.len()).then_some(number),
            Subject::Program(_) => self.places.get(&number).copied(),
        }
    }

    /// A call was made that nobody knew of beforehand. Numbers beyond any sense are left out.
    pub fn announce_task(&mut self, number: u32, label: String) {
        let number = number as usize;
        if number < MOST_CALLS {
            if self.tasks.len() <= number {
                self.tasks.resize(number + 1, TaskRecord::default());
            }
            self.tasks[number].label = label;
        }
    }

    /// States may be about this from now on, under that number.
    pub fn announce_detail(&mut self, number: u32, detail: String) {
        self.details.insert(number, detail);
    }

    /// What a state is about.
    #[must_use]
    pub fn detail(&self, number: Option<u32>) -> Option<&str> {
        self.details.get(&number?).map(String::as_str)
    }

    /// A call printed a line.
    pub fn print(&mut self, at: Time, lane: u16, stream: Stream, text: String) {
        self.put(Part::Calls, at, lane, stream, text);
    }

    /// A program printed a line, at this line of its source if that is known.
    pub fn print_from(&mut self, at: Time, lane: u16, stream: Stream, text: String, source_line: Option<u32>) {
        let lane = self.place(lane).unwrap_or(0);
        if let Some(place) = self.put(Part::Calls, at, lane, stream, text) {
            self.output[place].source_line = source_line;
        }
    }

    /// Puts a line where its time says, whenever its batch comes: batches of lanes come one after the other, lines were
    /// printed at once. Lines of one instant are put by part and lane; a lane's own stay in their order. Where it is, if
    /// there was room for it.
    fn put(&mut self, part: Part, at: Time, lane: u16, stream: Stream, text: String) -> Option<usize> {
        let keeper = &mut self.keepers[usize::from(stream == Stream::Stderr)];
        let kept = keeper.keep(BegunLine::whole(text));
        self.left_out.add(keeper.take_left_out());
        let text = kept?;
        let place = self.output.partition_point(|line| (line.at, line.part, line.lane) <= (at, part, lane));
        self.output.insert(place, Line { at, lane, stream, text, source_line: None, part });
        Some(place)
    }

    /// The run has ended: no span stays open.
    pub fn finish(&mut self, at: Time, how: End) {
        let at = at.max(self.horizon());
        for lane in &mut self.lanes {
            lane.change(at, None);
            if let Some(hold) = lane.holds.last_mut() {
                hold.end.get_or_insert(at);
            }
        }
        self.end = Some((at, how));
    }

    /// The last instant that anything is known of.
    #[must_use]
    pub fn horizon(&self) -> Time {
        let last = |lane: &TracedLane| {
            let span = lane.spans.last().map(|span| span.end.unwrap_or(span.start));
            span.max(lane.holds.last().map(|hold| hold.end.unwrap_or(hold.start)))
        };
        let lines = self.output.last().map(|line| line.at);
        self.lanes
            .iter()
            .filter_map(last)
            .chain(lines)
            .chain(self.end.as_ref().map(|(at, _)| *at))
            .max()
            .unwrap_or_default()
    }

    /// The lanes that came to life, with their numbers.
    pub fn live_lanes(&self) -> impl Iterator<Item = (u16, &TracedLane)> {
        (0..).zip(&self.lanes).filter(|(_, lane)| !lane.spans.is_empty())
    }

    /// Whether there is one GIL that several lanes share: the one that gets a lane of its own.
    #[must_use]
    pub fn has_shared_gil(&self) -> bool {
        match &self.subject {
            Subject::Plan(plan) => plan.method == Method::Threads || plan.to_thread(),
            Subject::Program(program) => program.gil,
        }
    }

    /// From the first task's start to the last one's end, if all have ended; those that never began because they were
    /// cancelled, or because their pool broke, do not count.
    #[must_use]
    pub fn makespan(&self) -> Option<Duration> {
        let never = |task: &&TaskRecord| task.ran.is_none() && (task.done.is_some() || task.refused.is_some());
        let ran: Option<Vec<Ran>> = self.tasks.iter().filter(|task| !never(task)).map(|task| task.ran).collect();
        let ran = ran?;
        let start = ran.iter().map(|ran| ran.start).min()?;
        let end = ran.iter().map(|ran| ran.end).collect::<Option<Vec<_>>>()?.into_iter().max()?;
        Some(end.since(start))
    }
}
