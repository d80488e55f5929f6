//! What `ProcessPoolExecutor` and its manager keep: the calls on their way, the workers, the idle semaphore. Its rules
//! are those of CPython 3.14's `process.py`.
//!
//! ```text
//! submit -> pending --the manager, when something wakes it--> call queue --a worker that is free--> busy -> result
//!           a future can be cancelled here only               RUNNING from here on
//! ```
//!
//! The manager is woken by a submit, a result and a shutdown; then it fills the call queue, which holds one call more
//! than there are workers. So calls are RUNNING that no worker has begun: they cannot be cancelled any more.

use std::collections::VecDeque;
use std::ops::Range;

use crate::workload::{Refused, StartMethod};

/// `EXTRA_QUEUED_CALLS`: so many calls more than there are workers wait for them, so that none is ever kept waiting.
const EXTRA_QUEUED_CALLS: usize = 1;

/// The pool, seen from the process that made it.
#[derive(Debug)]
pub struct ProcessPool {
    max_workers: u32,
    start_method: StartMethod,
    /// Submitted, and not in the call queue.
    pending: VecDeque<u32>,
    /// In the call queue: no worker has taken them out.
    queued: VecDeque<u32>,
    workers: Vec<Worker>,
    /// The idle semaphore: released for each call that has ended, by the manager.
    idle: u32,
    refuses: Option<Refused>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worker {
    Starting,
    Free,
    Busy(u32),
    Dead,
}

impl ProcessPool {
    /// A pool that starts at most `max_workers` processes, and has none yet.
    #[must_use]
    pub fn new(max_workers: u32, start_method: StartMethod) -> ProcessPool {
        ProcessPool {
            max_workers,
            start_method,
            pending: VecDeque::new(),
            queued: VecDeque::new(),
            workers: Vec::new(),
            idle: 0,
            refuses: None,
        }
    }

    /// A call is submitted. Returns the workers that must be started for it: with `fork` all of them at the first call
    /// (a process with threads cannot be forked safely, and from then on this one has the manager's); else one, if no
    /// call that has ended makes a worker idle.
    ///
    /// # Errors
    /// It was shut down, or it is broken.
    pub fn submit(&mut self, task: u32) -> Result<Range<u32>, Refused> {
        if let Some(refused) = self.refuses {
            return Err(refused);
        }
        self.pending.push_back(task);
        let started = self.started();
        let start = match self.start_method {
            StartMethod::Fork if started == 0 => self.max_workers,
            StartMethod::Fork => 0,
            _ if self.idle > 0 => {
                self.idle -= 1;
                0
            }
            _ => u32::from(started < self.max_workers),
        };
        self.workers.resize(self.workers.len() + start as usize, Worker::Starting);
        Ok(started..started + start)
    }

    /// The manager was woken: it fills the call queue with pending calls, in the order of submission. Returns those
    /// that `set_running` let in; a call that was cancelled is left out for good.
    pub fn fill(&mut self, mut set_running: impl FnMut(u32) -> bool) -> Vec<u32> {
        let mut filled = Vec::new();
        while self.queued.len() < self.max_workers as usize + EXTRA_QUEUED_CALLS
            && let Some(task) = self.pending.pop_front()
        {
            if set_running(task) {
                self.queued.push_back(task);
                filled.push(task);
            }
        }
        filled
    }

    /// A worker is up.
    pub fn ready(&mut self, worker: u32) {
        if let Some(state) = self.workers.get_mut(worker as usize).filter(|state| **state == Worker::Starting) {
            *state = Worker::Free;
        }
    }

    /// A free worker takes the next call out of the call queue, while there are both.
    pub fn take(&mut self) -> Option<(u32, u32)> {
        let free = self.workers.iter().position(|worker| *worker == Worker::Free)?;
        let task = self.queued.pop_front()?;
        self.workers[free] = Worker::Busy(task);
        Some((u32::try_from(free).unwrap_or(u32::MAX), task))
    }

    /// The call that a worker has, if it has one.
    #[must_use]
    pub fn call_of(&self, worker: u32) -> Option<u32> {
        match self.workers.get(worker as usize) {
            Some(Worker::Busy(task)) => Some(*task),
            _ => None,
        }
    }

    /// A worker's call has ended.
    pub fn finished(&mut self, worker: u32) {
        self.workers[worker as usize] = Worker::Free;
        self.idle += 1;
    }

    /// `shutdown()`: no more calls. Returns those to be cancelled, if it is to cancel: all that are pending.
    pub fn shutdown(&mut self, cancel_futures: bool) -> Vec<u32> {
        self.refuses.get_or_insert(Refused::ShutDown);
        if cancel_futures { self.pending.drain(..).collect() } else { Vec::new() }
    }

    /// Whether nothing is left to do: no call pending, queued or begun.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let busy = self.workers.iter().any(|worker| matches!(worker, Worker::Busy(_)));
        self.pending.is_empty() && self.queued.is_empty() && !busy
    }

    /// A worker died: the pool is broken. Returns the tasks that have no result for that, in the order of submission.
    pub fn died(&mut self) -> Vec<u32> {
        let begun = self.workers.iter().filter_map(|worker| match worker {
            Worker::Busy(task) => Some(*task),
            _ => None,
        });
        let mut lost: Vec<u32> = begun.chain(self.queued.drain(..)).chain(self.pending.drain(..)).collect();
        lost.sort_unstable();
        self.workers.fill(Worker::Dead);
        self.refuses = Some(Refused::Broken);
        lost
    }

    /// Whether a worker died.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.refuses == Some(Refused::Broken)
    }

    /// How many workers were started.
    #[must_use]
    pub fn started(&self) -> u32 {
        u32::try_from(self.workers.len()).unwrap_or(u32::MAX)
    }
}
