//! Who a lane is: its name, its process, its thread.

use serde::{Deserialize, Serialize};

/// A lane of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneInfo {
    /// What it is.
    pub kind: LaneKind,
    /// What readers see: `ThreadPoolExecutor-0_1`, `ForkServerProcess-2`, `MainThread`.
    pub name: String,
    /// The name of the thread within its process.
    pub thread: String,
    /// The process, an invented number.
    pub pid: u32,
    /// The thread, an invented number; the main thread's is its process's.
    pub tid: u32,
}

/// What a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaneKind {
    /// The thread that submits the calls, or runs them itself; the event loop's.
    Main,
    /// A worker of an executor.
    Worker,
    /// A coroutine: not a thread, but seen as one. It is on CPU when the loop's lane is.
    Coroutine,
}
