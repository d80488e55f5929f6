//! What crosses between the page, a run's worker, its threads and its processes. To the page go the main crate's
//! [`gilscope::wire::FromRun`] messages, by `postMessage`, as from a run of the light engine.

use gilscope::time::{Anchor, Time};
use gilscope::wire::WireBatch;
use serde::{Deserialize, Serialize};

use crate::stuck::Waiter;

/// The first message to a worker: what it is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Role {
    /// Run a program: the program's main process.
    Run(RunStart),
    /// Be a further process of a run.
    Process(ProcessStart),
    /// Be a thread of a process, in its memory.
    Thread,
}

/// What a run's worker needs to know; the page makes it.
pub use gilscope::wire::ProgramStart as RunStart;

/// What a process needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcessStart {
    /// The run.
    pub run: RunStart,
    /// The run's clock.
    pub anchor: Anchor,
    /// Which child of the run this is, counted from 1.
    pub number: u32,
    /// Its number, and its parent's.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Its name, such as `SpawnProcess-1`.
    pub name: String,
    /// When it was started.
    pub started: Time,
    /// What `multiprocessing` prepared for it.
    #[serde(with = "serde_bytes")]
    pub prepared: Vec<u8>,
}

/// From the page to a run's worker, which is the light engine's [`gilscope::wire::ToRun`]; and from a process's parent.
pub use gilscope::wire::ToRun;

/// From a process to its parent's worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromProcess {
    /// What was recorded: passed on to the page.
    Batch(WireBatch),
    /// All threads of it and of its own processes wait for ever, since then; or, without anything, no longer do.
    Stuck(Option<(Time, Vec<Waiter>)>),
    /// It is over; nothing follows.
    Ended(i32),
    /// It broke, in words.
    Failed(String),
}

/// From a thread to its process's worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromThread {
    /// More workers are needed.
    Grow,
    /// The program is over: see [`crate::instance::exit`].
    Over,
    /// A process is to be started; it has this place in the kernel.
    Process {
        /// Its number among the run's processes.
        number: u32,
        /// Its name.
        name: String,
        /// When it was started.
        started: Time,
        /// What `multiprocessing` prepared for it.
        #[serde(with = "serde_bytes")]
        prepared: Vec<u8>,
    },
    /// An address is to be fetched.
    Fetch {
        /// By this number the thread knows its answer.
        number: u32,
        /// What is asked for.
        request: crate::fetch::Request,
    },
    /// A process is to be ended at once.
    Kill {
        /// Which.
        number: u32,
        /// Its exit code.
        code: i32,
    },
}
