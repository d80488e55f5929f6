//! Python's library as bytecode. A crate of its own, so that it is compiled anew only when one of its files changed.

use rustpython_compiler_core::frozen::FrozenLib;

/// A checksum of the files below: the macro does not tell cargo which files it read.
const _: &str = include_str!("../../../.tools/python-library.sum");

/// All modules.
#[must_use]
pub fn library() -> &'static FrozenLib {
    rustpython_derive::py_freeze!(dir = "../../../.tools/python-library", crate_name = "rustpython_compiler_core")
}
