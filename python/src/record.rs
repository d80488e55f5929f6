//! The record: a ring for each thread, a lane for each Python thread, the lines that were printed.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use gilscope::host::{Host, Why as HostWhy};
use gilscope::time::{Anchor, Time};
use gilscope::trace::{Batch, Lane, LaneInfo, LaneKind, Mark, Recorder, State, Stream};
use gilscope::wire::{WireBatch, WireLine};
use rustpython_vm::vm::gil::Why;
use wasm_bindgen::prelude::*;

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

static PROCESS: OnceLock<Process> = OnceLock::new();
static CLOCK: OnceLock<Arc<dyn Host>> = OnceLock::new();
static NEXT_LANE: AtomicU32 = AtomicU32::new(0);
static NEXT_TASK: AtomicU32 = AtomicU32::new(0);
static BOOK: Mutex<Book> =
    Mutex::new(Book { recorders: Vec::new(), lanes: Vec::new(), tasks: Vec::new(), lines: Vec::new() });

#[derive(Debug, Default)]
struct Book {
    recorders: Vec<Arc<Recorder>>,
    lanes: Vec<(u16, LaneInfo)>,
    tasks: Vec<(u32, String)>,
    lines: Vec<WireLine>,
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
    let lanes = std::mem::take(&mut book.lanes);
    let tasks = std::mem::take(&mut book.tasks);
    let lines = std::mem::take(&mut book.lines);
    WireBatch::announce(&batch, lanes, tasks, lines)
}

/// A Python thread's place in the record, from before it runs.
#[derive(Clone, Debug)]
pub struct Place {
    lane: Option<u16>,
    info: LaneInfo,
    started: Time,
}

/// A new thread's place. `name` is the one that readers see until Python gives it another.
pub fn place(name: &str, started: Time) -> Place {
    let process = process();
    let number = NEXT_LANE.fetch_add(1, Ordering::Relaxed);
    let (first, most) = match process.number {
        0 => (0, MAIN_LANES),
        number => (MAIN_LANES + (number - 1) % ((0x1_0000 - MAIN_LANES) / LANES) * LANES, LANES),
    };
    let main = number == 0;
    let info = LaneInfo {
        kind: if main && process.number == 0 { LaneKind::Main } else { LaneKind::Worker },
        name: shown(name, main),
        thread: name.to_owned(),
        pid: process.pid,
        tid: if main { process.pid } else { process.pid * 1000 + number },
    };
    // A program with more threads than there are lanes runs; those beyond are not shown.
    let lane = (number < most).then_some((first + number) as u16);
    if let Some(lane) = lane {
        book().lanes.push((lane, info.clone()));
    }
    Place { lane, info, started }
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
    begun: [String; 2],
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
        let pen = Pen { place, lane, task: None, outer: Vec::new(), begun: Default::default() };
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
    let left = pen(|pen| {
        let at = pen.lane.mark(Mark::State(state, pen.task));
        if gil {
            pen.lane.mark_at(at, Mark::GilDropped);
        }
        at
    });
    left.unwrap_or_else(now).nanos()
}

/// The thread waits for the GIL.
pub fn wait(_interpreter: i64) {
    pen(|pen| pen.lane.mark(Mark::State(State::WaitingForGil, pen.task)));
}

/// The thread runs again; with the GIL, which was dropped at that time.
pub fn run(_interpreter: i64, dropped: Option<u64>) {
    pen(|pen| {
        let at = match dropped {
            Some(dropped) => {
                pen.lane.not_before(Time::from_nanos(dropped));
                pen.lane.mark(Mark::GilTaken)
            }
            None => now().max(pen.lane.last()),
        };
        pen.lane.mark_at(at, Mark::State(State::OnCpu, pen.task));
    });
}

/// Python gives this thread a name.
pub fn name(name: &str) {
    pen(|pen| {
        let main = pen.place.info.tid == pen.place.info.pid;
        pen.place.info.thread = name.to_owned();
        pen.place.info.name = shown(name, main);
        if let Some(lane) = pen.place.lane {
            book().lanes.push((lane, pen.place.info.clone()));
        }
    });
}

/// Output of this thread. A line is told when it is complete.
pub fn write(fd: i32, text: &str) {
    let stream = if fd == 2 { 1 } else { 0 };
    pen(|pen| {
        let begun = &mut pen.begun[stream];
        begun.push_str(text);
        if let Some(end) = begun.rfind('\n') {
            let rest = begun.split_off(end + 1);
            let lines = std::mem::replace(begun, rest);
            pen.tell(stream, &lines);
        }
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
    fn tell(&self, stream: usize, lines: &str) {
        let (at, lane) = (now(), self.lane.number());
        let stream = if stream == 1 { Stream::Stderr } else { Stream::Stdout };
        let lines = lines.strip_suffix('\n').unwrap_or(lines);
        let told = lines.split('\n').map(|text| WireLine { at, lane, stream, text: text.to_owned() });
        book().lines.extend(told);
    }

    fn flush(&mut self) {
        for stream in 0..2 {
            let begun = std::mem::take(&mut self.begun[stream]);
            if !begun.is_empty() {
                self.tell(stream, &begun);
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
    book().tasks.push((first + number, label));
    first + number
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
            pen.lane.mark_at(at, Mark::State(State::OnCpu, pen.task));
        }
        Step::End => {
            let at = pen.lane.mark(Mark::TaskEnd(task));
            pen.task = pen.outer.pop().flatten();
            pen.lane.mark_at(at, Mark::State(State::OnCpu, pen.task));
        }
        Step::Done => {
            pen.lane.mark(Mark::Done(task));
        }
        Step::Got => {
            pen.lane.mark(Mark::Got(task));
        }
    });
}
