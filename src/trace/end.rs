//! How a run ended.

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// By itself.
    Complete,
    /// By itself, with this exit code, which is not 0.
    Exit(i32),
    /// It was stopped; what is recorded is what it did until then.
    Stopped,
    /// Something broke; the words say what.
    Failed(String),
    /// No thread could ever have gone on: all wait for each other. The words say which for what.
    Deadlock(String),
}

impl End {
    /// How it ended, in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            End::Complete | End::Exit(_) => "complete",
            End::Stopped => "stopped",
            End::Failed(_) => "failed",
            End::Deadlock(_) => "deadlock",
        }
    }

    /// Why it ended before its time, if there is more to say.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            End::Complete | End::Exit(_) | End::Stopped => None,
            End::Failed(why) | End::Deadlock(why) => Some(why),
        }
    }

    /// Whether it ended by itself.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self, End::Complete | End::Exit(_))
    }
}
