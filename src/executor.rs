//! What `concurrent.futures` promises: a FIFO queue of work, workers started on demand, futures, shutdown.
//!
//! It starts no thread and runs no task: a method does both and asks here what is next. The rules are those of CPython
//! 3.14's `concurrent/futures`; where it keeps a lock or a semaphore, so does this.

mod futures;
mod process_pool;
mod seats;
mod thread_pool;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use futures::{FutureState, Futures};
pub use process_pool::ProcessPool;
pub use seats::Seats;
pub use thread_pool::{ThreadPool, Work};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
