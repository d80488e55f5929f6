//! The global interpreter lock: one holder, a request to drop it after the switch interval, forced switching.
//!
//! It knows no method, no lane and no trace. The words are CPython's (`Python/ceval_gil.c`):
//!
//! - **take**: become the holder. While another thread holds it, wait; when a wait lasted the whole *interval* and the
//!   GIL did not change hands meanwhile, set the *drop request* and wait again.
//! - **drop** ([`Gil::release`]): stop being the holder. Voluntary (before blocking I/O): at once, no more to it.
//! - **drop request**: a flag that whoever computes looks at often ([`Gil::drop_requested`]); it then calls
//!   [`Gil::yield_to_other`], which drops, and does not take again before somebody else has had it. Without that
//!   *forced switch* the old holder, still running, would nearly always win it back, and the waiter would starve.
//!
//! There is no queue and no priority: which waiter is next is the operating system's choice. A wait starts anew when the
//! GIL changed hands during it (`switches`), so that one request is made for each slice, not one for each waiter.
//!
//! The races that the order of steps prevents:
//!
//! - A request set just as the holder drops on its own would hit the next holder, which had no slice yet. So taking
//!   clears the request, under the same mutex under which it is set.
//! - A waiter between its last look and its sleep could miss the drop. Both happen under the mutex.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::time::Time;

/// A thread, to the lock.
pub type ThreadId = u16;

/// The rules of the lock, without any waiting: what a test can drive by a scripted clock.
#[derive(Debug, Default)]
pub struct Turn {
    holder: Option<ThreadId>,
    last: Option<ThreadId>,
    switches: u64,
    requested: bool,
}

impl Turn {
    /// Makes `me` the holder if nobody is.
    pub fn try_take(&mut self, me: ThreadId) -> bool {
        if self.holder.is_some() {
            return false;
        }
        self.holder = Some(me);
        if self.last != Some(me) {
            self.last = Some(me);
            self.switches += 1;
        }
        self.requested = false;
        true
    }

    /// How often the GIL has changed hands: remembered when a wait begins.
    #[must_use]
    pub fn switches(&self) -> u64 {
        self.switches
    }

    /// A whole interval has passed since `switches` was remembered: asks for the GIL, unless it changed hands since.
    pub fn interval_over(&mut self, switches: u64) {
        if self.holder.is_some() && self.switches == switches {
            self.requested = true;
        }
    }

    /// Whether the holder is asked to drop.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.requested
    }

    /// `me` holds it no more. Says whether it was asked to: then it must not take before another did.
    pub fn release(&mut self, me: ThreadId) -> bool {
        debug_assert_eq!(self.holder, Some(me), "only the holder drops the GIL");
        self.holder = None;
        self.requested
    }

    /// Whether a thread other than `me` was the last to take it.
    #[must_use]
    pub fn taken_by_other(&self, me: ThreadId) -> bool {
        self.last != Some(me)
    }
}

/// The lock.
#[derive(Debug)]
pub struct Gil {
    interval: Duration,
    state: Mutex<State>,
    /// The GIL was dropped.
    dropped: Condvar,
    /// The GIL was taken: ends a forced switch.
    taken: Condvar,
    /// Copy of the turn's request, to be looked at without the mutex.
    requested: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    turn: Turn,
    dropped_at: Time,
}

impl Gil {
    /// A lock with this switch interval, held by nobody.
    #[must_use]
    pub fn new(interval: Duration) -> Gil {
        Gil {
            interval,
            state: Mutex::default(),
            dropped: Condvar::new(),
            taken: Condvar::new(),
            requested: AtomicBool::new(false),
        }
    }

    /// Takes the GIL for `me`; blocks until it has it, and calls `waits` first if it must. Returns when the holder
    /// before had dropped it: what `me` does with it came after that, whatever the clocks of the two threads say.
    pub fn take(&self, me: ThreadId, waits: impl FnOnce()) -> Time {
        let mut state = self.lock();
        if !state.turn.try_take(me) {
            // Told outside the lock: the record must not hold up the holder.
            drop(state);
            waits();
            state = self.lock();
            while !state.turn.try_take(me) {
                let switches = state.turn.switches();
                let waited = self.dropped.wait_timeout(state, self.interval);
                let (guard, result) = waited.unwrap_or_else(PoisonError::into_inner);
                state = guard;
                if result.timed_out() {
                    state.turn.interval_over(switches);
                    self.requested.store(state.turn.requested(), Ordering::Relaxed);
                }
            }
        }
        self.requested.store(false, Ordering::Relaxed);
        self.taken.notify_all();
        state.dropped_at
    }

    /// Whether another thread asks for the GIL. Cheap: for the innermost loop.
    #[inline]
    #[must_use]
    pub fn drop_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Drops the GIL of `me`, of its own will, at the instant `now`.
    pub fn release(&self, me: ThreadId, now: Time) {
        let mut state = self.lock();
        state.turn.release(me);
        state.dropped_at = now;
        self.dropped.notify_one();
    }

    /// Drops the GIL of `me` for something that blocks hardly at all, at the instant `now`, and takes it again. Nothing
    /// comes of that unless another thread has it by then: only in that case `lost` is called, and this blocks, and
    /// returns as [`Gil::take`] does.
    pub fn offer(&self, me: ThreadId, now: Time, lost: impl FnOnce()) -> Option<Time> {
        self.release(me, now);
        let mut state = self.lock();
        if !state.turn.taken_by_other(me) && state.turn.try_take(me) {
            self.requested.store(false, Ordering::Relaxed);
            return None;
        }
        drop(state);
        lost();
        Some(self.take(me, || ()))
    }

    /// Drops the GIL of `me` on request, at the instant `now`, and returns when another thread has taken it.
    pub fn yield_to_other(&self, me: ThreadId, now: Time) {
        let mut state = self.lock();
        let asked = state.turn.release(me);
        state.dropped_at = now;
        self.dropped.notify_one();
        while asked && !state.turn.taken_by_other(me) {
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
