//! Threads: workers in this process's memory. A Python thread is a job for one of them; when it has ended the worker
//! waits for another one. The process's own worker, which stays on its event loop, starts them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rustpython_vm::vm::gil;

use crate::wire::FromThread;
use crate::worker::post;

/// A thread's work.
pub type Job = Box<dyn FnOnce() + Send>;

/// The stack of a thread, in bytes. Browsers' own stack for a worker is no larger than what fills this.
pub const STACK: u32 = 4 << 20;
/// What of it Python may use.
const ROOM: usize = (STACK as usize) - (256 << 10);
/// More threads a process does not get: each takes a worker of the browser.
const MOST: usize = 192;

#[derive(Debug, Default)]
struct Pool {
    jobs: VecDeque<JobBox>,
    /// Workers that wait for a job.
    idle: usize,
    /// Workers that were asked for and are not there yet.
    coming: usize,
    /// All of them.
    workers: usize,
}

struct JobBox(Job);

impl std::fmt::Debug for JobBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a job")
    }
}

static POOL: Mutex<Pool> = Mutex::new(Pool { jobs: VecDeque::new(), idle: 0, coming: 0, workers: 0 });
static WORK: Condvar = Condvar::new();

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a job on a thread of its own; false if there can be no more of them. To be called on a thread of the pool, or,
/// for the first job, when workers are there or coming.
pub fn spawn(job: Job) -> bool {
    let mut pool = pool();
    let short = pool.jobs.len() >= pool.idle + pool.coming;
    if short && pool.workers >= MOST {
        return false;
    }
    pool.jobs.push_back(JobBox(job));
    if short {
        pool.coming += 1;
        pool.workers += 1;
        drop(pool);
        post(&FromThread::Grow);
    } else {
        WORK.notify_one();
    }
    true
}

/// So many workers more are on their way.
pub fn coming(count: usize) {
    let mut pool = pool();
    pool.coming += count;
    pool.workers += count;
}

/// The life of a thread's worker.
pub fn live() {
    gil::set_stack_room(ROOM);
    pool().coming -= 1;
    loop {
        let job = {
            let mut pool = pool();
            pool.idle += 1;
            loop {
                if let Some(JobBox(job)) = pool.jobs.pop_front() {
                    pool.idle -= 1;
                    break job;
                }
                pool = WORK.wait(pool).unwrap_or_else(PoisonError::into_inner);
            }
        };
        job();
        // The worker may wait for long; what it keeps for itself others can use.
        gilscope_heap::flush();
    }
}
