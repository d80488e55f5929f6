//! The part of `ThreadPoolExecutor` that its threads share. Its rules are those of CPython 3.14's `thread.py`.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

use super::lock;
use crate::time::Time;
use crate::workload::Refused;

/// What a worker gets from the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Run this task, submitted at that instant.
    Task(u32, Time),
    /// The executor was shut down and nothing is left: end.
    Stop,
}

/// The part of `ThreadPoolExecutor` that its threads share: the work queue, the idle semaphore, how many were started.
#[derive(Debug)]
pub struct ThreadPool {
    max_workers: u32,
    state: Mutex<PoolState>,
    /// Something was put into the queue.
    put: Condvar,
    /// A worker ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct PoolState {
    queue: VecDeque<(u32, Time)>,
    shut_down: bool,
    idle: u32,
    started: u32,
    ended: u32,
    last_end: Time,
}

impl ThreadPool {
    /// A pool that starts at most `max_workers` threads, and has none yet.
    #[must_use]
    pub fn new(max_workers: u32) -> ThreadPool {
        ThreadPool { max_workers, state: Mutex::default(), put: Condvar::new(), ended: Condvar::new() }
    }

    /// Puts a task at the end of the queue. Returns the number of the worker that must be started for it: none if an
    /// idle one is there, or if all are started (`_adjust_thread_count`).
    ///
    /// # Errors
    /// It was shut down.
    pub fn submit(&self, task: u32, now: Time) -> Result<Option<u32>, Refused> {
        let mut pool = lock(&self.state);
        if pool.shut_down {
            return Err(Refused::ShutDown);
        }
        pool.queue.push_back((task, now));
        self.put.notify_one();
        if pool.idle > 0 {
            pool.idle -= 1;
            return Ok(None);
        }
        if pool.started == self.max_workers {
            return Ok(None);
        }
        pool.started += 1;
        Ok(Some(pool.started - 1))
    }

    /// The next task, if there is one: `get_nowait`. A worker that finds none is idle from then on.
    #[must_use]
    pub fn next_or_idle(&self) -> Option<Work> {
        let mut pool = lock(&self.state);
        let work = pool.next();
        if work.is_none() {
            pool.idle += 1;
        }
        work
    }

    /// The next task; blocks until there is one, or until the executor is shut down: `get(block=True)`.
    #[must_use]
    pub fn next(&self) -> Work {
        let mut pool = lock(&self.state);
        loop {
            match pool.next() {
                Some(work) => return work,
                None => pool = self.put.wait(pool).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes all tasks that no worker has begun out of the queue, and says which they were, in order.
    #[must_use]
    pub fn cancel_pending(&self) -> Vec<u32> {
        lock(&self.state).queue.drain(..).map(|(task, _)| task).collect()
    }

    /// A worker has left its loop, at the instant `now`.
    pub fn worker_ended(&self, now: Time) {
        let mut pool = lock(&self.state);
        pool.ended += 1;
        pool.last_end = pool.last_end.max(now);
        self.ended.notify_all();
    }

    /// `shutdown(wait=False)`: the workers end when the queue is empty.
    pub fn shutdown(&self) {
        lock(&self.state).shut_down = true;
        self.put.notify_all();
    }

    /// Joins the workers; returns when the last of them ended.
    #[must_use]
    pub fn join(&self) -> Time {
        let mut pool = lock(&self.state);
        while pool.ended < pool.started {
            pool = self.ended.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.last_end
    }
}

impl PoolState {
    fn next(&mut self) -> Option<Work> {
        match self.queue.pop_front() {
            Some((task, submitted)) => Some(Work::Task(task, submitted)),
            None if self.shut_down => Some(Work::Stop),
            None => None,
        }
    }
}
