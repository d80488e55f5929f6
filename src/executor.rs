//! What `concurrent.futures` promises: a FIFO queue of work, workers started on demand, futures, shutdown.
//!
//! It starts no thread and runs no task: a method does both and asks here what is next. The rules are those of CPython
//! 3.14's `concurrent/futures/thread.py`; where it keeps a lock or a semaphore, so does this.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::time::Time;
use crate::workload::Outcome;

/// The futures of a run's tasks, by number.
#[derive(Debug)]
pub struct Futures {
    slots: Vec<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<FutureState>,
    finished: Condvar,
}

/// The state of a future.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FutureState {
    /// Submitted, not begun.
    #[default]
    Pending,
    /// Begun.
    Running,
    /// Has its outcome, and since when.
    Finished(Arc<Outcome>, Time),
}

impl Futures {
    /// A pending future for each of so many tasks.
    #[must_use]
    pub fn new(tasks: usize) -> Futures {
        Futures { slots: (0..tasks).map(|_| Slot::default()).collect() }
    }

    /// A worker begins the task: `set_running_or_notify_cancel`.
    pub fn set_running(&self, task: u32) {
        *lock(&self.slots[task as usize].state) = FutureState::Running;
    }

    /// The task has ended: `set_result` or `set_exception`, at the instant `now`.
    pub fn set_finished(&self, task: u32, outcome: Arc<Outcome>, now: Time) {
        let slot = &self.slots[task as usize];
        *lock(&slot.state) = FutureState::Finished(outcome, now);
        slot.finished.notify_all();
    }

    /// The outcome and since when it is there, if it is.
    #[must_use]
    pub fn outcome(&self, task: u32) -> Option<(Arc<Outcome>, Time)> {
        match &*lock(&self.slots[task as usize].state) {
            FutureState::Finished(outcome, at) => Some((Arc::clone(outcome), *at)),
            _ => None,
        }
    }

    /// `result()` without a timeout: blocks until the task has ended.
    #[must_use]
    pub fn wait(&self, task: u32) -> (Arc<Outcome>, Time) {
        let slot = &self.slots[task as usize];
        let mut state = lock(&slot.state);
        loop {
            if let FutureState::Finished(outcome, at) = &*state {
                return (Arc::clone(outcome), *at);
            }
            state = slot.finished.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

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
    pub fn submit(&self, task: u32, now: Time) -> Option<u32> {
        let mut pool = lock(&self.state);
        pool.queue.push_back((task, now));
        self.put.notify_one();
        if pool.idle > 0 {
            pool.idle -= 1;
            return None;
        }
        if pool.started == self.max_workers {
            return None;
        }
        pool.started += 1;
        Some(pool.started - 1)
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

/// What `ProcessPoolExecutor`'s manager keeps: the calls that wait, the workers that are free, who does what.
///
/// Workers start on demand (start method forkserver, Linux's default since 3.14): one for a submit that finds no idle
/// one. The idle semaphore is released when a call has ended, as `process.py` does.
#[derive(Debug)]
pub struct ProcessPool {
    max_workers: u32,
    waiting: VecDeque<u32>,
    workers: Vec<Worker>,
    idle: u32,
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
    pub fn new(max_workers: u32) -> ProcessPool {
        ProcessPool { max_workers, waiting: VecDeque::new(), workers: Vec::new(), idle: 0 }
    }

    /// A call is submitted. Returns the worker that must be started for it, if one must.
    pub fn submit(&mut self, task: u32) -> Option<u32> {
        self.waiting.push_back(task);
        if self.idle > 0 {
            self.idle -= 1;
            return None;
        }
        let started = u32::try_from(self.workers.len()).unwrap_or(u32::MAX);
        if started == self.max_workers {
            return None;
        }
        self.workers.push(Worker::Starting);
        Some(started)
    }

    /// A worker is up.
    pub fn ready(&mut self, worker: u32) {
        self.workers[worker as usize] = Worker::Free;
    }

    /// The next call and the worker that takes it, while there are both: calls leave in the order of submission.
    pub fn assign(&mut self) -> Option<(u32, u32)> {
        let free = self.workers.iter().position(|worker| *worker == Worker::Free)?;
        let task = self.waiting.pop_front()?;
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

    /// A worker died: the pool is broken. Returns the tasks that have no result for that, begun and waiting.
    pub fn died(&mut self) -> Vec<u32> {
        let begun = self.workers.iter().filter_map(|worker| match worker {
            Worker::Busy(task) => Some(*task),
            _ => None,
        });
        let lost = begun.chain(self.waiting.drain(..)).collect();
        self.workers.fill(Worker::Dead);
        lost
    }

    /// How many workers were started.
    #[must_use]
    pub fn started(&self) -> u32 {
        u32::try_from(self.workers.len()).unwrap_or(u32::MAX)
    }
}

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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
