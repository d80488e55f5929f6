//! No executor: the main thread makes one call after another.

use std::sync::Arc;

use super::{Run, Thread};
use crate::trace::{Mark, State};
use crate::workload::Outcome;

/// Runs the plan on the calling thread.
pub fn run(run: &Run) {
    let main = Thread::new(run.recorder.lane(0, 0, Arc::clone(&run.host)), None, Arc::clone(&run.host));
    main.lane.state(State::OnCpu);
    run.print_before(&main);
    let mut results: Vec<Arc<Outcome>> = Vec::with_capacity(run.plan.tasks.len());
    for task in run.tasks() {
        main.lane.mark(Mark::Submit(task));
        main.lane.set_task(Some(task));
        main.lane.state(State::OnCpu);
        let outcome = Arc::new(main.call(task, &run.plan.tasks[task as usize].ops));
        main.lane.set_task(None);
        main.lane.state(State::OnCpu);
        run.recorder.outcome(task, &outcome);
        main.lane.mark(Mark::Done(task));
        if outcome.is_err() {
            // No future keeps it: it leaves the loop, and the program.
            main.lane.mark(Mark::PrintTraceback(task));
            main.lane.mark(Mark::LaneEnd);
            return;
        }
        results.push(outcome);
    }
    run.print_after(&main, |task| Arc::clone(&results[task as usize]));
    main.lane.mark(Mark::LaneEnd);
}
