//! The recorder: a ring of events for each thread, written by that thread alone, emptied by one reader.
//!
//! A lane writes its events into its thread's ring: no lock, no allocation, two stores and a release. (Most lanes are
//! threads; coroutines are many lanes of one.) Whoever hands the record over reads behind the writer and never sees a
//! slot that is being written: the writer publishes a slot by storing `written`, the reader gives it back by storing
//! `read`. That is the whole protocol. It knows no message and no method.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::event::{Event, Mark, State};
use crate::host::{Host, Why};
use crate::time::Time;
use crate::workload::Outcome;

/// Slots of a ring: 256 kB. At one event in a microsecond that is 16 ms, and a reader comes about that often; a thread
/// that fills its ring waits for the reader (it loses time then, but never an event).
const SLOTS: usize = 16_384;

/// The rings of all threads of a run, and the outcomes of its tasks.
#[derive(Debug)]
pub struct Recorder {
    rings: Vec<Ring>,
    outcomes: Mutex<Vec<(u32, Arc<Outcome>)>>,
}

/// What was taken out of a recorder.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Events, in order within each lane.
    pub events: Vec<Event>,
    /// Outcomes of tasks; those of all `Done` events of this batch are in it or in one before.
    pub outcomes: Vec<(u32, Arc<Outcome>)>,
}

#[derive(Debug)]
struct Ring {
    slots: Box<[[AtomicU64; 2]]>,
    written: AtomicUsize,
    read: AtomicUsize,
}

impl Recorder {
    /// A recorder for so many threads.
    #[must_use]
    pub fn new(threads: usize) -> Recorder {
        let ring = || Ring {
            slots: (0..SLOTS).map(|_| [AtomicU64::new(0), AtomicU64::new(0)]).collect(),
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
        };
        Recorder { rings: (0..threads).map(|_| ring()).collect(), outcomes: Mutex::default() }
    }

    /// Takes out what the lanes have written so far. There must be one reader only.
    #[must_use]
    pub fn take(&self) -> Batch {
        let events = self.rings.iter().flat_map(Ring::take).collect();
        let outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        Batch { events, outcomes }
    }

    /// A task has this outcome. Not for the timed part: it takes a lock.
    pub fn outcome(&self, task: u32, outcome: &Arc<Outcome>) {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((task, Arc::clone(outcome)));
    }

    /// The pen of a lane that thread number `thread` writes, and no other thread. A lane has one pen at a time.
    #[must_use]
    pub fn lane(self: &Arc<Self>, thread: usize, lane: u16, host: Arc<dyn Host>) -> Lane {
        Lane { recorder: Arc::clone(self), host, thread, lane, last: Cell::new(Time::ZERO), task: Cell::new(None) }
    }
}

impl Ring {
    fn push(&self, words: [u64; 2]) -> bool {
        let written = self.written.load(Ordering::Relaxed);
        if written.wrapping_sub(self.read.load(Ordering::Acquire)) == SLOTS {
            return false;
        }
        let slot = &self.slots[written % SLOTS];
        slot[0].store(words[0], Ordering::Relaxed);
        slot[1].store(words[1], Ordering::Relaxed);
        self.written.store(written.wrapping_add(1), Ordering::Release);
        true
    }

    fn take(&self) -> Vec<Event> {
        let read = self.read.load(Ordering::Relaxed);
        let written = self.written.load(Ordering::Acquire);
        let count = written.wrapping_sub(read);
        let slot = |i: usize| &self.slots[read.wrapping_add(i) % SLOTS];
        let events = (0..count)
            .filter_map(|i| Event::from_words([slot(i)[0].load(Ordering::Relaxed), slot(i)[1].load(Ordering::Relaxed)]))
            .collect();
        self.read.store(written, Ordering::Release);
        events
    }
}

/// A lane's pen: what its thread did, written down as it does it.
#[derive(Debug)]
pub struct Lane {
    recorder: Arc<Recorder>,
    host: Arc<dyn Host>,
    thread: usize,
    lane: u16,
    last: Cell<Time>,
    task: Cell<Option<u32>>,
}

impl Lane {
    /// The lane's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.lane
    }

    /// Writes an event down with the time it is now, and says which.
    pub fn mark(&self, mark: Mark) -> Time {
        let at = self.host.now().max(self.last.get());
        self.mark_at(at, mark);
        at
    }

    /// Writes an event down with a time that another lane took: the start of a thread is its parent's stamp.
    pub fn mark_at(&self, at: Time, mark: Mark) {
        self.last.set(at);
        let words = Event { at, lane: self.lane, mark }.to_words();
        while !self.recorder.rings[self.thread].push(words) {
            self.host.hand_over(Why::Full);
        }
    }

    /// The time of the lane's last event.
    #[must_use]
    pub fn last(&self) -> Time {
        self.last.get()
    }

    /// From now on the lane is in `state`.
    pub fn state(&self, state: State) -> Time {
        self.mark(Mark::State(state, self.task.get()))
    }

    /// The task that the lane's states are for.
    #[must_use]
    pub fn task(&self) -> Option<u32> {
        self.task.get()
    }

    /// The lane's next states are for this task.
    pub fn set_task(&self, task: Option<u32>) {
        self.task.set(task);
    }

    /// What comes now came after `time` on another lane, whatever this lane's clock says.
    ///
    /// Clocks of two workers agree only to their resolution; who took a lock that another dropped came later.
    pub fn not_before(&self, time: Time) {
        self.last.set(self.last.get().max(time));
    }
}
