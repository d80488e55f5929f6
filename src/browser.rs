//! The browser: conversions and nothing else. The one place that knows JavaScript, and the only `cfg(target_arch)`.
//!
//! [`page`] is what the page sees: an engine of verbs. [`worker`] is what a worker does, by the role in its first
//! message: `run` carries out a run, `process` is one of its processes.

mod canvas;
mod clock;
mod mailbox;
pub mod page;
mod pause;
mod process;
mod run;
mod worker;
