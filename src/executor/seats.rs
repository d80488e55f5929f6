//! Threads that are there before Python starts them.

use std::sync::{Condvar, Mutex, PoisonError};

use super::lock;
use crate::time::Time;

/// The threads of a run that wait, already alive, until Python would start them.
///
/// A browser cannot start a worker while the one that asks for it blocks; so all that a run may need are started before
/// its clock, and each comes to life as a lane when `Thread.start()` would have made it.
#[derive(Debug)]
pub struct Seats {
    state: Mutex<SeatState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct SeatState {
    started: Vec<Option<Time>>,
    signalled: Vec<bool>,
    closed: bool,
}

impl Seats {
    /// So many seats, none taken.
    #[must_use]
    pub fn new(count: usize) -> Seats {
        let state = SeatState { started: vec![None; count], signalled: vec![false; count], closed: false };
        Seats { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// `Thread.start()` of this seat's thread, at the instant `now`: returns when the thread has said that it runs.
    pub fn start(&self, seat: u32, now: Time) {
        let mut state = lock(&self.state);
        state.started[seat as usize] = Some(now);
        self.changed.notify_all();
        while !state.signalled[seat as usize] {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The seat's own thread waits to be started; returns when it was, or nothing if it never will be.
    #[must_use]
    pub fn wait(&self, seat: u32) -> Option<Time> {
        let mut state = lock(&self.state);
        loop {
            if let Some(at) = state.started[seat as usize] {
                return Some(at);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The thread of this seat runs.
    pub fn signal_started(&self, seat: u32) {
        lock(&self.state).signalled[seat as usize] = true;
        self.changed.notify_all();
    }

    /// No more threads will be started: lets go of those that still wait.
    pub fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_all();
    }
}
