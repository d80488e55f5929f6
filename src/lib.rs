//! An oscilloscope for Python concurrency, in a browser tab.
//!
//! One workload runs by each of Python's ways of running code concurrently, on the browser's own primitives; what
//! happened is recorded and drawn on one clock. The walk of the data:
//!
//! ```text
//! Workload --method--> Trace --analysis--> Analysis
//!  what to run          what happened        what it means
//!                          \____ chart ____> picture      --export--> files
//! ```

pub mod analysis;
pub mod chart;
pub mod executor;
pub mod export;
pub mod gil;
pub mod host;
pub mod method;
pub mod presets;
pub mod source;
pub mod time;
pub mod trace;
pub mod wire;
pub mod workload;

#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod browser;
