//! What crosses between memories: calls and their answers as bytes, as Python pickles them.

use serde::{Deserialize, Serialize};

use crate::time::Time;
use crate::workload::{Exception, Value};

/// A call on its way to another process or interpreter: the function by its place in the main module (Python's pickle
/// names it), the arguments as values. To a process go as many at once as `map` has in a chunk: one or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Which task.
    pub task: u32,
    /// Its positional arguments.
    pub args: Vec<Value>,
    /// Its keyword arguments.
    pub kwargs: Vec<(String, Value)>,
}

/// An answer on its way back: of a chunk of calls, which are done together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The chunk's first task.
    pub task: u32,
    /// When its last call had ended, by the clock of who answers.
    pub ended: Time,
    /// What the calls returned, or what the first of them that raised did: the others of the chunk are lost with it.
    pub outcome: Result<Vec<Value>, Exception>,
}

/// The bytes of a value that crosses.
#[must_use]
pub fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    // No type that crosses has a form that postcard refuses (no map or sequence of unknown length).
    postcard::to_stdvec(value).unwrap_or_default()
}

/// The value of these bytes.
///
/// # Errors
/// `UnpicklingError`, with what is wrong with them.
pub fn from_bytes<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Exception> {
    postcard::from_bytes(bytes).map_err(|error| Exception::new("UnpicklingError", error.to_string()))
}
