//! How a process pool starts its processes. It knows no pool.

use serde::{Deserialize, Serialize};

/// `multiprocessing`'s start method.
///
/// All three are a Web Worker that loads the module anew. What they decide here is what they decide for a pool: when
/// its workers are started, and what they are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartMethod {
    /// A copy of the parent. A pool starts all its workers at the first submit.
    Fork,
    /// Made by a server process; the default on Linux since Python 3.14. A pool starts a worker when it needs one.
    #[default]
    Forkserver,
    /// A new interpreter; the default on macOS and Windows. A pool starts a worker when it needs one.
    Spawn,
}

impl StartMethod {
    /// All of them.
    pub const ALL: [StartMethod; 3] = [StartMethod::Fork, StartMethod::Forkserver, StartMethod::Spawn];

    /// The name in Python, in requests and in the page's address.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            StartMethod::Fork => "fork",
            StartMethod::Forkserver => "forkserver",
            StartMethod::Spawn => "spawn",
        }
    }

    /// The start method of that name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<StartMethod> {
        StartMethod::ALL.into_iter().find(|start_method| start_method.id() == id)
    }

    /// What Python calls such a process: the number follows.
    #[must_use]
    pub fn process_name(self) -> &'static str {
        match self {
            StartMethod::Fork => "ForkProcess",
            StartMethod::Forkserver => "ForkServerProcess",
            StartMethod::Spawn => "SpawnProcess",
        }
    }

    /// How many helpers take a process number before the first worker: the resource tracker and the fork server.
    #[must_use]
    pub fn helpers(self) -> u32 {
        match self {
            StartMethod::Fork => 0,
            StartMethod::Forkserver => 2,
            StartMethod::Spawn => 1,
        }
    }
}
