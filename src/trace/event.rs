//! One event of a lane, and its form on the way: sixteen bytes.

use serde::{Deserialize, Serialize};

use crate::time::Time;
use crate::workload::Refused;

/// What a lane is doing. A lane is in one state at every moment of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum State {
    /// The thread, process or interpreter is coming up.
    Starting,
    /// Runs Python code; under a GIL it holds the GIL. (Whether the operating system gave it a core at every moment
    /// of that, no page can see.)
    OnCpu,
    /// Blocked on the GIL, which another thread holds.
    WaitingForGil,
    /// Blocked in I/O; here, asleep.
    WaitingForIo,
    /// A coroutine that could go on, but the event loop runs another.
    WaitingForLoop,
    /// Arguments or a result are crossing to or from another memory.
    Copying,
    /// Nothing to do: waits for work, for a future, for its threads to end.
    Idle,
}

impl State {
    /// All states, in the order of the legend.
    pub const ALL: [State; 7] = [
        State::OnCpu,
        State::WaitingForGil,
        State::WaitingForIo,
        State::WaitingForLoop,
        State::Copying,
        State::Starting,
        State::Idle,
    ];

    /// What readers see.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            State::Starting => "Starting",
            State::OnCpu => "On CPU",
            State::WaitingForGil => "Waiting for GIL",
            State::WaitingForIo => "Waiting for I/O",
            State::WaitingForLoop => "Waiting for event loop",
            State::Copying => "Copying",
            State::Idle => "Idle",
        }
    }
}

/// What an event says. Numbers of tasks are their places in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// From now on the lane is in this state, for this task if for one.
    State(State, Option<u32>),
    /// The lane is no more.
    LaneEnd,
    /// `submit()` was called for a task.
    Submit(u32),
    /// `submit()` returned.
    Submitted(u32),
    /// A task's function was entered.
    TaskStart(u32),
    /// A task's function was left, by `return` or by an exception.
    TaskEnd(u32),
    /// The task's future is running, though no worker may have begun it: a process pool has put it into its call queue.
    Running(u32),
    /// The task's future has its result, or was cancelled.
    Done(u32),
    /// The main program printed whether it could cancel the task.
    PrintCancel(u32, bool),
    /// `submit()` of the task raised this, and the main program ended.
    Refused(u32, Refused),
    /// The main program has the task's result: `result()` returned.
    Got(u32),
    /// A task printed its line of this number.
    Print(u32, u16),
    /// The main program printed its line of this number.
    PrintMain(u32),
    /// The main program printed a task's result.
    PrintResult(u32),
    /// The main program printed the list of all results.
    PrintList,
    /// An exception left the main program.
    PrintTraceback(u32),
    /// The GIL was taken: the one of the interpreter of this number, of which the first is 0.
    GilTaken(u32),
    /// The GIL was dropped.
    GilDropped,
    /// The executor was made.
    PoolCreated,
    /// `shutdown(wait=True)` was called.
    Shutdown,
    /// It returned.
    ShutdownDone,
    /// From now on the lane is at this line of the program.
    Line(u32),
    /// The lane's next state is about this: see [`Trace::detail`](super::Trace::detail).
    Detail(u32),
}

/// An event: when, on which lane, what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// The lane's number.
    pub lane: u16,
    /// What.
    pub mark: Mark,
}

/// The length of an event on the way, in bytes.
pub const EVENT_BYTES: usize = 16;

/// No task.
const NONE: u32 = u32::MAX;

impl Event {
    /// The event as two words: the time; and lane (16 bits), kind (8), state (8), number (32).
    ///
    /// A printed line's number takes the place of the kind's upper part: see `Print`.
    #[must_use]
    pub fn to_words(self) -> [u64; 2] {
        let (kind, small, number) = match self.mark {
            Mark::State(state, task) => (0, state as u8, task.unwrap_or(NONE)),
            Mark::LaneEnd => (1, 0, 0),
            Mark::Submit(task) => (2, 0, task),
            Mark::Submitted(task) => (3, 0, task),
            Mark::TaskStart(task) => (4, 0, task),
            Mark::TaskEnd(task) => (5, 0, task),
            Mark::Done(task) => (6, 0, task),
            Mark::Got(task) => (7, 0, task),
            // 16 bits of task (there are at most 10,000) and 16 of line.
            Mark::Print(task, line) => (8, 0, task << 16 | u32::from(line)),
            Mark::PrintMain(line) => (9, 0, line),
            Mark::PrintResult(task) => (10, 0, task),
            Mark::PrintList => (11, 0, 0),
            Mark::PrintTraceback(task) => (12, 0, task),
            Mark::GilTaken(interpreter) => (13, 0, interpreter),
            Mark::GilDropped => (14, 0, 0),
            Mark::PoolCreated => (15, 0, 0),
            Mark::Shutdown => (16, 0, 0),
            Mark::ShutdownDone => (17, 0, 0),
            Mark::Line(line) => (18, 0, line),
            Mark::Detail(detail) => (19, 0, detail),
            Mark::Running(task) => (20, 0, task),
            Mark::PrintCancel(task, cancelled) => (21, u8::from(cancelled), task),
            Mark::Refused(task, Refused::ShutDown) => (22, 0, task),
            Mark::Refused(task, Refused::Broken) => (22, 1, task),
        };
        let kind: u8 = kind;
        [
            self.at.nanos(),
            u64::from(number) << 32 | u64::from(small) << 24 | u64::from(kind) << 16 | u64::from(self.lane),
        ]
    }

    /// The event that these words stand for; none if they are no event.
    #[must_use]
    pub fn from_words([time, word]: [u64; 2]) -> Option<Event> {
        let number = (word >> 32) as u32;
        let small = (word >> 24) as u8;
        let mark = match (word >> 16) as u8 {
            0 => {
                let state = State::ALL.into_iter().find(|state| *state as u8 == small)?;
                Mark::State(state, (number != NONE).then_some(number))
            }
            1 => Mark::LaneEnd,
            2 => Mark::Submit(number),
            3 => Mark::Submitted(number),
            4 => Mark::TaskStart(number),
            5 => Mark::TaskEnd(number),
            6 => Mark::Done(number),
            7 => Mark::Got(number),
            8 => Mark::Print(number >> 16, number as u16),
            9 => Mark::PrintMain(number),
            10 => Mark::PrintResult(number),
            11 => Mark::PrintList,
            12 => Mark::PrintTraceback(number),
            13 => Mark::GilTaken(number),
            14 => Mark::GilDropped,
            15 => Mark::PoolCreated,
            16 => Mark::Shutdown,
            17 => Mark::ShutdownDone,
            18 => Mark::Line(number),
            19 => Mark::Detail(number),
            20 => Mark::Running(number),
            21 => Mark::PrintCancel(number, small != 0),
            22 => Mark::Refused(number, if small == 0 { Refused::ShutDown } else { Refused::Broken }),
            _ => return None,
        };
        Some(Event { at: Time::from_nanos(time), lane: word as u16, mark })
    }

    /// A batch of events as bytes, for a message.
    #[must_use]
    pub fn to_bytes(events: &[Event]) -> Vec<u8> {
        events.iter().flat_map(|event| event.to_words()).flat_map(u64::to_le_bytes).collect()
    }

    /// The events of a batch; none if a part of it is no event.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Vec<Event>> {
        let word = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).ok();
        let (events, []) = bytes.as_chunks::<EVENT_BYTES>() else { return None };
        events.iter().map(|event| Event::from_words([word(&event[..8])?, word(&event[8..])?])).collect()
    }
}
