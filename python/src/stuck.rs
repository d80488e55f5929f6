//! Whether a program can never go on: every thread of every process waits, without a timeout, for what only another of
//! them could give. It knows who waits since when and for what; it neither wakes nor ends anything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use gilscope::time::Time;
use serde::{Deserialize, Serialize};

/// A thread that waits for ever, if nobody helps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// Its lane.
    pub lane: u16,
    /// Its name.
    pub name: String,
    /// Where in the program.
    pub line: Option<u32>,
    /// What it waits for.
    pub what: String,
    /// Whether it has nothing to do but to wait: a worker of a pool.
    pub idle: bool,
}

/// A Python thread, as this file sees it, from before it runs until it has ended.
#[derive(Debug, Default)]
pub struct Thread {
    /// Since when it waits, in nanoseconds; 0 while it goes on.
    since: AtomicU64,
    waiter: Mutex<Option<Waiter>>,
}

static THREADS: Mutex<Vec<Weak<Thread>>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread of this process; it is one as long as this is kept.
pub fn thread() -> Arc<Thread> {
    let thread = Arc::new(Thread::default());
    lock(&THREADS).push(Arc::downgrade(&thread));
    thread
}

impl Thread {
    /// It waits from now on, and no timeout will end that.
    pub fn waits(&self, since: Time, waiter: Waiter) {
        *lock(&self.waiter) = Some(waiter);
        self.since.store(since.nanos().max(1), Ordering::Release);
    }

    /// It goes on.
    pub fn goes_on(&self) {
        if self.since.load(Ordering::Relaxed) != 0 {
            self.since.store(0, Ordering::Release);
        }
    }
}

/// All threads of this process, if all of them wait for ever; and since when.
pub fn all_wait() -> Option<(Time, Vec<Waiter>)> {
    let mut threads = lock(&THREADS);
    threads.retain(|thread| thread.strong_count() > 0);
    let mut last = 0;
    let mut waiters = Vec::new();
    for thread in threads.iter().filter_map(Weak::upgrade) {
        let since = thread.since.load(Ordering::Acquire);
        if since == 0 {
            return None;
        }
        last = last.max(since);
        waiters.extend(lock(&thread.waiter).clone());
    }
    (!waiters.is_empty()).then(|| (Time::from_nanos(last), waiters))
}

/// The waiters in words, a line for each; those that only wait for work are left out if there are others.
pub fn lines(waiters: &[Waiter]) -> Vec<(&Waiter, String)> {
    let busy = waiters.iter().any(|waiter| !waiter.idle);
    let told = waiters.iter().filter(|waiter| !busy || !waiter.idle);
    let line = |waiter: &Waiter| match waiter.line {
        Some(line) => format!("{} waits for {}, line {line}", waiter.name, waiter.what),
        None => format!("{} waits for {}", waiter.name, waiter.what),
    };
    told.map(|waiter| (waiter, line(waiter))).collect()
}
