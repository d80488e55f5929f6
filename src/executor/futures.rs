//! The futures of a run: `concurrent.futures.Future`, one for each call.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::lock;
use crate::time::Time;
use crate::workload::{Exception, Outcome};

/// The futures of a run's tasks, by number.
#[derive(Debug)]
pub struct Futures {
    slots: Mutex<Slots>,
    /// A future was done.
    done: Condvar,
}

#[derive(Debug)]
struct Slots {
    states: Vec<FutureState>,
    /// Those that are done, in the order in which they were; what `as_completed` goes by.
    completed: Vec<u32>,
}

/// The state of a future.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FutureState {
    /// Submitted, not begun.
    #[default]
    Pending,
    /// Begun; of a process pool, put where its workers take their calls from.
    Running,
    /// Cancelled while it was pending; its worker has not heard of that.
    Cancelled(Time),
    /// A worker came to it and left it alone, for it was cancelled.
    CancelledAndNotified(Time),
    /// Has its outcome, and since when.
    Finished(Arc<Outcome>, Time),
}

impl Futures {
    /// A pending future for each of so many tasks.
    #[must_use]
    pub fn new(tasks: usize) -> Futures {
        let slots = Slots { states: vec![FutureState::Pending; tasks], completed: Vec::new() };
        Futures { slots: Mutex::new(slots), done: Condvar::new() }
    }

    /// The state of a task's future.
    #[must_use]
    pub fn state(&self, task: u32) -> FutureState {
        lock(&self.slots).states[task as usize].clone()
    }

    /// A worker comes to the task: `set_running_or_notify_cancel`. False if it was cancelled, and must not be begun.
    pub fn set_running(&self, task: u32) -> bool {
        let mut slots = lock(&self.slots);
        let state = &mut slots.states[task as usize];
        match state {
            FutureState::Cancelled(at) => {
                *state = FutureState::CancelledAndNotified(*at);
                // Only now do `wait` and `as_completed` hear of it, as in CPython.
                slots.completed.push(task);
                self.done.notify_all();
                false
            }
            FutureState::Pending => {
                *state = FutureState::Running;
                true
            }
            _ => false,
        }
    }

    /// `cancel()`, at the instant `now`: true if the task has not begun, and never will.
    pub fn cancel(&self, task: u32, now: Time) -> bool {
        let state = &mut lock(&self.slots).states[task as usize];
        match state {
            FutureState::Pending => {
                *state = FutureState::Cancelled(now);
                self.done.notify_all();
                true
            }
            FutureState::Cancelled(_) | FutureState::CancelledAndNotified(_) => true,
            FutureState::Running | FutureState::Finished(..) => false,
        }
    }

    /// The task has ended: `set_result` or `set_exception`, at the instant `now`. False if it was cancelled before.
    pub fn set_finished(&self, task: u32, outcome: Arc<Outcome>, now: Time) -> bool {
        let mut slots = lock(&self.slots);
        let state = &mut slots.states[task as usize];
        if !matches!(state, FutureState::Pending | FutureState::Running) {
            return false;
        }
        *state = FutureState::Finished(outcome, now);
        slots.completed.push(task);
        self.done.notify_all();
        true
    }

    /// What `result()` gives and since when it is there, if it is: the outcome, or `CancelledError`.
    #[must_use]
    pub fn outcome(&self, task: u32) -> Option<(Arc<Outcome>, Time)> {
        outcome(&lock(&self.slots).states[task as usize])
    }

    /// `result()` without a timeout: blocks until the future is done.
    #[must_use]
    pub fn wait(&self, task: u32) -> (Arc<Outcome>, Time) {
        let mut slots = lock(&self.slots);
        loop {
            if let Some(outcome) = outcome(&slots.states[task as usize]) {
                return outcome;
            }
            slots = self.done.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The future that was done as number `n` (from 0) of all, if so many are: what `as_completed` gives next.
    #[must_use]
    pub fn completed(&self, n: usize) -> Option<u32> {
        lock(&self.slots).completed.get(n).copied()
    }

    /// The same; blocks until so many are done.
    #[must_use]
    pub fn wait_completed(&self, n: usize) -> u32 {
        let mut slots = lock(&self.slots);
        loop {
            if let Some(task) = slots.completed.get(n) {
                return *task;
            }
            slots = self.done.wait(slots).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn outcome(state: &FutureState) -> Option<(Arc<Outcome>, Time)> {
    match state {
        FutureState::Finished(outcome, at) => Some((Arc::clone(outcome), *at)),
        FutureState::Cancelled(at) | FutureState::CancelledAndNotified(at) => {
            Some((Arc::new(Err(Exception::cancelled())), *at))
        }
        FutureState::Pending | FutureState::Running => None,
    }
}
