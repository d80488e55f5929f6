//! How to run a plan: one file for each of Python's ways.
//!
//! A method gets a plan, the surroundings and a recorder, and does the work. It knows neither browser nor chart.

pub mod crossing;
pub mod event_loop;
pub mod lanes;
mod main_program;
pub mod processes;
pub mod sequential;
mod thread;
pub mod threads;

pub use thread::{Exited, Thread};

use std::sync::Arc;

use crate::host::Host;
use crate::trace::{Mark, Recorder};
use crate::workload::Plan;

/// What every run has.
#[derive(Clone, Debug)]
pub struct Run {
    /// What to run.
    pub plan: Arc<Plan>,
    /// The surroundings.
    pub host: Arc<dyn Host>,
    /// Where it is written down.
    pub recorder: Arc<Recorder>,
}

impl Run {
    /// The numbers of all tasks, in the order of submission.
    #[must_use]
    pub fn tasks(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.plan.tasks.len()).unwrap_or(u32::MAX)
    }

    /// The main program prints the lines before its calls.
    fn print_before(&self, main: &Thread) {
        for line in 0..self.plan.workload.before.len() {
            main.lane.mark(Mark::PrintMain(line as u32));
        }
    }

    /// The main program prints the lines after its calls.
    fn print_after_lines(&self, main: &Thread) {
        let workload = &self.plan.workload;
        for line in 0..workload.after.len() {
            main.lane.mark(Mark::PrintMain((workload.before.len() + line) as u32));
        }
    }
}
