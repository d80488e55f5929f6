//! What the surroundings supply to a run: the time, sleep, and a way out for the record.
//!
//! Threads and locks are not here: they are rayon's and std's on the host and in the browser alike.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use crate::time::Time;

/// The surroundings of a run.
pub trait Host: Send + Sync + Debug {
    /// The time since the run began.
    fn now(&self) -> Time;

    /// Blocks the calling thread for so long.
    fn sleep(&self, duration: Duration);

    /// A lane comes to a point at which its record ought to be handed over, if it is this thread that does so.
    ///
    /// Where another thread reads the rings, [`Why::Blocks`] needs nothing, and [`Why::Full`] a short wait. An event
    /// loop that only waits need not ask: its worker can hand over meanwhile.
    fn hand_over(&self, why: Why);

    /// A point at which the run may be stopped; then this does not return. What computes comes by about once a
    /// millisecond: a browser ends a busy worker only after seconds.
    fn stop_point(&self) {}
}

/// Why a lane asks for its record to be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is about to block or compute for a while.
    Blocks,
    /// Its ring is full.
    Full,
}

/// How an event loop waits without blocking its worker.
pub trait Pause {
    /// Waits until `deadline` (for ever, if there is none) or until somebody calls [`Alarm::ring`].
    fn until(&self, deadline: Option<Time>) -> impl Future<Output = ()>;

    /// What other threads wake the loop with.
    fn alarm(&self) -> Box<dyn Alarm>;
}

/// Wakes an event loop from another thread, as `call_soon_threadsafe` does.
pub trait Alarm: Send + Sync + Debug {
    /// Ends the wait of the loop; if it does not wait, its next wait ends at once.
    fn ring(&self);
}

/// The processes of a run: workers with a memory of their own.
pub trait Processes {
    /// Starts worker number `worker` (from 0).
    fn start(&self, worker: u32);

    /// Sends a call to a worker.
    fn send(&self, worker: u32, call: Vec<u8>);

    /// What a worker says next; nothing if none has said anything by the deadline.
    fn next(&self, deadline: Option<Time>) -> impl Future<Output = Option<Said>>;

    /// Ends all workers: nothing of what they do from now on is heard.
    fn terminate(&self);
}

/// What a process says to its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is up and has imported its main module.
    Ready {
        /// Which worker.
        worker: u32,
    },
    /// A call has ended.
    Result {
        /// Which worker.
        worker: u32,
        /// The outcome, as bytes; `crossing::Answer`.
        answer: Vec<u8>,
    },
    /// It ended itself, by `os._exit()`.
    Exited {
        /// Which worker.
        worker: u32,
    },
    /// It died, or could not start.
    Died {
        /// Which worker.
        worker: u32,
        /// Why, in words.
        reason: String,
    },
}
