//! The record: a ring for each thread, a lane for each Python thread, the lines that were printed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gilscope::host::{Host, Why as HostWhy};
use gilscope::time::{Anchor, Time};
use gilscope::trace::{
    Batch, BegunLine, Keeper, Lane, LaneInfo, LaneKind, LeftOut, Mark, Recorder, Shown, ShownOutcome, State, Stream,
};
use gilscope::wire::{News, WireBatch, WireLine};
use gilscope::workload::Exception;
use rustpython_vm::vm::gil::Why;
use wasm_bindgen::prelude::*;

use crate::stuck::{self, Waiter};
use crate::waits;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: web_sys::Performance;
}

thread_local! {
    static ORIGIN: f64 = origin();
}

/// `performance.timeOrigin` here, in milliseconds since 1970.
pub fn origin() -> f64 {
    PERFORMANCE.with(web_sys::Performance::time_origin)
}

/// `performance.now()` here, in milliseconds since the origin.
pub fn reading() -> f64 {
    PERFORMANCE.with(web_sys::Performance::now)
}

/// The run's clock, as every thread of this memory reads it.
#[derive(Debug)]
struct Clock(Anchor);

impl Host for Clock {
    fn now(&self) -> Time {
        self.0.time(ORIGIN.with(|origin| *origin), reading())
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn hand_over(&self, why: HostWhy) {
        // The process's worker empties the rings every few milliseconds.
        if why == HostWhy::Full {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Who this process is in the record.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number, invented.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Which of the run's processes; the main one is 0.
    pub number: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The run's clock.
    pub anchor: Anchor,
    /// How many cores the machine has.
    pub cores: u32,
}

/// Lanes of the main process.
const MAIN_LANES: u32 = 16_384;
/// Lanes of another one; then so many processes have lanes of their own.
const LANES: u32 = 128;
/// Calls of the main process, and of another one.
const MAIN_TASKS: u32 = 16_384;
const TASKS: u32 = 64;

/// What the states of a process are about.
const DETAILS: u32 = 1 << 20;

static PROCESS: OnceLock<Process> = OnceLock::new();
static CLOCK: OnceLock<Arc<dyn Host>> = OnceLock::new();
static NEXT_LANE: AtomicU32 = AtomicU32::new(0);
static NEXT_TASK: AtomicU32 = AtomicU32::new(0);
static BOOK: LazyLock<Mutex<Book>> = LazyLock::new(Mutex::default);

/// What is not in the rings.
#[derive(Debug, Default)]
struct Book {
    recorders: Vec<Arc<Recorder>>,
    news: News,
    /// The calls that were made here.
    labels: HashMap<u32, String>,
    /// What states were about so far, and their numbers.
    details: HashMap<String, u32>,
    /// What is told of each stream.
    keepers: [Keeper; 2],
}

fn book() -> MutexGuard<'static, Book> {
    BOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record of this memory begins.
pub fn open(process: Process) {
    let _ = CLOCK.set(Arc::new(Clock(process.anchor)));
    let _ = PROCESS.set(process);
}

/// This process; the record must have been opened.
pub fn process() -> &'static Process {
    PROCESS.get().expect("the record has been opened")
}

/// The time of the run.
pub fn now() -> Time {
    CLOCK.get().map_or(Time::ZERO, |clock| clock.now())
}

/// Takes out what was recorded so far.
pub fn take() -> WireBatch {
    let recorders = book().recorders.clone();
    let mut batch = Batch::default();
    for recorder in recorders {
        batch.events.extend(recorder.take().events);
    }
    // After the events: whoever writes announces its lane before its first event.
    let mut book = book();
    let news = std::mem::take(&mut book.news);
    let mut left_out = LeftOut::default();
    for keeper in &mut book.keepers {
        left_out.add(keeper.take_left_out());
    }
    WireBatch::announce(&batch, news).leaving_out(left_out)
}

/// A Python thread's place in the record, from before it runs.
#[derive(Debug)]
pub struct Place {
    lane: Option<u16>,
    info: LaneInfo,
    started: Time,
    thread: Arc<stuck::Thread>,
}

/// A new thread's place. `name` is the one that readers see until Python gives it another.
pub fn place(name: &str, started: Time) -> Place {
    let process = process();
    let (lane, number) = new_lane();
    let main = number == 0;
    let info = LaneInfo {
        kind: if main && process.number == 0 { LaneKind::Main } else { LaneKind::Worker },
        name: shown(name, main),
        thread: name.to_owned(),
        pid: process.pid,
        tid: if main { process.pid } else { process.pid * 1000 + number },
    };
    if let Some(lane) = lane {
        book().news.lanes.push((lane, info.clone()));
    }
    Place { lane, info, started, thread: stuck::thread() }
}

/// A new lane of this process, and which it is. A program with more of them than there is room for runs; those beyond are
/// not shown.
fn new_lane() -> (Option<u16>, u32) {
    let number = NEXT_LANE.fetch_add(1, Ordering::Relaxed);
    let (first, most) = match process().number {
        0 => (0, MAIN_LANES),
        number => (MAIN_LANES + (number - 1) % ((0x1_0000 - MAIN_LANES) / LANES) * LANES, LANES),
    };
    ((number < most).then_some((first + number) as u16), number)
}

/// What readers see as a thread's name.
fn shown(thread: &str, main: bool) -> String {
    match &process().name {
        None => thread.to_owned(),
        Some(process) if main => process.clone(),
        Some(process) => format!("{process} {thread}"),
    }
}

/// A thread's pen and what it has yet to say.
struct Pen {
    place: Place,
    lane: Lane,
    task: Option<u32>,
    /// The calls that this one was called in.
    outer: Vec<Option<u32>>,
    /// What was written to a stream since the last end of a line.
    begun: [BegunLine; 2],
    /// The line of the program that was written down last.
    line: u32,
    /// What the thread is about to wait for, and whether that ends by itself.
    waits: Option<(String, bool)>,
    /// The coroutines that this thread runs, by their lanes' numbers; and the one that it runs now.
    coroutines: HashMap<u16, Lane>,
    step: Option<u16>,
}

thread_local! {
    static RECORDER: OnceLock<Arc<Recorder>> = const { OnceLock::new() };
    static PEN: RefCell<Option<Pen>> = const { RefCell::new(None) };
}

/// Runs a Python thread at its place.
pub fn at(place: Place, run: impl FnOnce()) {
    let recorder = RECORDER.with(|recorder| {
        Arc::clone(recorder.get_or_init(|| {
            let recorder = Arc::new(Recorder::new(1));
            book().recorders.push(Arc::clone(&recorder));
            recorder
        }))
    });
    let clock = CLOCK.get().expect("the record has been opened");
    if let Some(number) = place.lane {
        let lane = recorder.lane(0, number, Arc::clone(clock));
        lane.mark_at(place.started, Mark::State(State::Starting, None));
        let pen = Pen {
            place,
            lane,
            task: None,
            outer: Vec::new(),
            begun: Default::default(),
            line: 0,
            waits: None,
            coroutines: HashMap::new(),
            step: None,
        };
        PEN.with(|own| *own.borrow_mut() = Some(pen));
    }
    run();
    if let Some(mut pen) = PEN.with(|own| own.borrow_mut().take()) {
        pen.flush();
        pen.lane.mark(Mark::LaneEnd);
    }
}

fn pen<T>(write: impl FnOnce(&mut Pen) -> T) -> Option<T> {
    PEN.with(|pen| pen.try_borrow_mut().ok()?.as_mut().map(write))
}

/// The thread leaves its interpreter.
pub fn leave(_interpreter: i64, why: Why, gil: bool) -> u64 {
    let state = match why {
        Why::Blocks | Why::Leaves => State::Idle,
        Why::Sleeps => State::WaitingForIo,
        Why::Yields => State::WaitingForGil,
    };
    let line = waits::line();
    let left = pen(|pen| {
        let at = now().max(pen.lane.last());
        pen.at_line(at, line);
        let waits = pen.waits.take();
        pen.state(at, state, waits.as_ref().map(|(what, _)| what.as_str()));
        if gil {
            pen.lane.mark_at(at, Mark::GilDropped);
        }
        if let Some((what, false)) = waits {
            let (lane, name) = (pen.lane.number(), pen.place.info.name.clone());
            let idle = what == waits::WORK;
            pen.place.thread.waits(at, Waiter { lane, name, line, what, idle });
        }
        at
    });
    left.unwrap_or_else(now).nanos()
}

/// The thread is about to leave its interpreter for this.
pub fn about_to_wait(what: String, timed: bool) {
    pen(|pen| pen.waits = Some((what, timed)));
}

/// The thread waits for the GIL.
pub fn wait(_interpreter: i64) {
    pen(|pen| {
        pen.place.thread.goes_on();
        let at = now().max(pen.lane.last());
        pen.state(at, State::WaitingForGil, None);
    });
}

/// The thread runs again; with the GIL, which was dropped at that time.
pub fn run(interpreter: i64, dropped: Option<u64>) {
    pen(|pen| {
        pen.place.thread.goes_on();
        pen.waits = None;
        let at = match dropped {
            Some(dropped) => {
                pen.lane.not_before(Time::from_nanos(dropped));
                pen.lane.mark(Mark::GilTaken(interpreter as u32))
            }
            None => now().max(pen.lane.last()),
        };
        pen.state(at, State::OnCpu, None);
    });
}

/// Python gives this thread a name.
pub fn name(name: &str) {
    pen(|pen| {
        let main = pen.place.info.tid == pen.place.info.pid;
        pen.place.info.thread = name.to_owned();
        pen.place.info.name = shown(name, main);
        if let Some(lane) = pen.place.lane {
            book().news.lanes.push((lane, pen.place.info.clone()));
        }
    });
}

/// Output of this thread. A line is told when it is complete.
pub fn write(fd: i32, text: &str) {
    let stream = if fd == 2 { 1 } else { 0 };
    pen(|pen| {
        let mut lines = text.split('\n');
        // The last piece has no end yet; all before it have.
        let rest = lines.next_back().unwrap_or_default();
        for line in lines {
            pen.begun[stream].push(line);
            pen.tell(stream);
        }
        pen.begun[stream].push(rest);
    });
}

/// What this thread wrote without an end of a line, as a line.
pub fn flush() {
    pen(Pen::flush);
}

impl Process {
    /// The number of the run's first process.
    pub fn main_pid(&self) -> u32 {
        self.pid - self.number
    }
}

impl Pen {
    /// From now on the thread is in this state, and so is the coroutine that it runs.
    fn state(&self, at: Time, state: State, about: Option<&str>) {
        let detail = about.and_then(detail);
        let lanes = std::iter::once(&self.lane).chain(self.step.and_then(|step| self.coroutines.get(&step)));
        for lane in lanes {
            if let Some(detail) = detail {
                lane.mark_at(at, Mark::Detail(detail));
            }
            lane.mark_at(at, Mark::State(state, self.task));
        }
    }

    /// The thread is at this line of the program, if at any.
    fn at_line(&mut self, at: Time, line: Option<u32>) {
        if let Some(line) = line.filter(|line| *line != self.line) {
            self.line = line;
            self.lane.mark_at(at, Mark::Line(line));
        }
    }

    /// Tells the line that was begun, or counts it if too much was told.
    fn tell(&mut self, stream: usize) {
        let line = std::mem::take(&mut self.begun[stream]);
        let (at, lane, source_line) = (now(), self.lane.number(), waits::line());
        let mut book = book();
        if let Some(text) = book.keepers[stream].keep(line) {
            let stream = if stream == 1 { Stream::Stderr } else { Stream::Stdout };
            book.news.lines.push(WireLine { at, lane, stream, text, source_line });
        }
    }

    fn flush(&mut self) {
        for stream in 0..2 {
            if !self.begun[stream].is_empty() {
                self.tell(stream);
            }
        }
    }
}

/// A call is submitted under this label; its number.
pub fn task(label: String) -> u32 {
    let process = process();
    let (first, most) = match process.number {
        0 => (0, MAIN_TASKS),
        number => (MAIN_TASKS + (number - 1) % 512 * TASKS, TASKS),
    };
    let number = NEXT_TASK.fetch_add(1, Ordering::Relaxed);
    if number >= most {
        return u32::MAX;
    }
    let mut book = book();
    book.labels.insert(first + number, label.clone());
    book.news.tasks.push((first + number, label));
    first + number
}

/// The label of a call that was made here.
pub fn label(task: u32) -> Option<String> {
    book().labels.get(&task).cloned()
}

/// A call returned this, as Python writes it, or raised an exception of that class with that text.
pub fn outcome(task: u32, outcome: Result<String, (String, String)>) {
    if task != u32::MAX {
        let shown: ShownOutcome = match outcome {
            Ok(repr) => Ok(Shown { str: repr.clone(), repr }),
            Err((class, message)) => Err(Exception::new(class, message)),
        };
        book().news.outcomes.push((task, shown));
    }
}

/// The number of what a state is about; none if there are too many.
fn detail(about: &str) -> Option<u32> {
    let mut book = book();
    if let Some(number) = book.details.get(about) {
        return Some(*number);
    }
    let count = book.details.len() as u32;
    if count >= DETAILS {
        return None;
    }
    let number = process().number * DETAILS + count;
    book.details.insert(about.to_owned(), number);
    book.news.details.push((number, about.to_owned()));
    Some(number)
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `submit()` is called.
    Submit,
    /// It returns.
    Submitted,
    /// The function is entered, here.
    Start,
    /// It is left.
    End,
    /// The future has its result.
    Done,
    /// `result()` returns it.
    Got,
}

/// Writes down what happens to a call.
pub fn step(step: Step, task: u32) {
    if task == u32::MAX {
        return;
    }
    pen(|pen| match step {
        Step::Submit => {
            pen.lane.mark(Mark::Submit(task));
        }
        Step::Submitted => {
            pen.lane.mark(Mark::Submitted(task));
        }
        Step::Start => {
            pen.outer.push(pen.task.replace(task));
            let at = pen.lane.mark(Mark::TaskStart(task));
            pen.state(at, State::OnCpu, None);
        }
        Step::End => {
            let at = pen.lane.mark(Mark::TaskEnd(task));
            pen.task = pen.outer.pop().flatten();
            pen.state(at, State::OnCpu, None);
        }
        Step::Done => {
            pen.lane.mark(Mark::Done(task));
        }
        Step::Got => {
            pen.lane.mark(Mark::Got(task));
        }
    });
}

/// A coroutine of this thread's event loop comes to life, under this name; its lane, if there is room for one.
pub fn coroutine(name: &str, task: Option<u32>) -> Option<u16> {
    let process = process();
    let (lane, number) = new_lane();
    let lane = lane?;
    let info = LaneInfo {
        kind: LaneKind::Coroutine,
        name: name.to_owned(),
        thread: name.to_owned(),
        pid: process.pid,
        tid: process.pid * 1000 + number,
    };
    book().news.lanes.push((lane, info));
    let recorder = RECORDER.with(|recorder| recorder.get().cloned())?;
    let clock = CLOCK.get()?;
    pen(|pen| {
        let own = recorder.lane(0, lane, Arc::clone(clock));
        own.mark(Mark::State(State::WaitingForLoop, task));
        pen.coroutines.insert(lane, own);
    })?;
    Some(lane)
}

/// A coroutine's step begins: it has the thread.
pub fn step_begins(lane: u16, task: Option<u32>, first: bool) {
    pen(|pen| {
        let at = now().max(pen.lane.last());
        if let Some(own) = pen.coroutines.get(&lane)
            && let Some(task) = task.filter(|_| first)
        {
            own.mark_at(at, Mark::TaskStart(task));
        }
        pen.outer.push(std::mem::replace(&mut pen.task, task));
        pen.step = Some(lane);
        pen.state(at, State::OnCpu, None);
    });
}

/// It ends: the coroutine waits, for that if it is known for what, at that line; or is over.
pub fn step_ends(lane: u16, waits: Option<(State, Option<String>, Option<u32>)>) {
    pen(|pen| {
        let at = now().max(pen.lane.last());
        let task = pen.task;
        pen.step = None;
        match waits {
            Some((state, about, line)) => {
                if let Some(own) = pen.coroutines.get(&lane) {
                    if let Some(line) = line {
                        own.mark_at(at, Mark::Line(line));
                    }
                    if let Some(detail) = about.as_deref().and_then(detail) {
                        own.mark_at(at, Mark::Detail(detail));
                    }
                    own.mark_at(at, Mark::State(state, task));
                }
            }
            None => {
                if let Some(own) = pen.coroutines.remove(&lane) {
                    if let Some(task) = task {
                        own.mark_at(at, Mark::TaskEnd(task));
                    }
                    own.mark_at(at, Mark::LaneEnd);
                }
            }
        }
        pen.task = pen.outer.pop().flatten();
        pen.state(at, State::OnCpu, None);
    });
}

/// A coroutine could go on, but has to wait for its loop.
pub fn ready(lane: u16, task: Option<u32>) {
    pen(|pen| {
        if let Some(own) = pen.coroutines.get(&lane) {
            own.mark(Mark::State(State::WaitingForLoop, task));
        }
    });
}
