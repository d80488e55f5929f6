//! No executor: the main thread makes one call after another.

use std::sync::Arc;

use super::{Run, Thread};
use crate::trace::{Mark, State};
use crate::workload::{MainStep, Op};

/// Runs the plan on the calling thread.
pub fn run(run: &Run) {
    let main = Thread::new(run.recorder.lane(0, 0, Arc::clone(&run.host)), None, Arc::clone(&run.host));
    main.lane.state(State::OnCpu);
    if let Err(Raised(task)) = program(run, &main) {
        main.lane.mark(Mark::PrintTraceback(task));
    }
    main.lane.mark(Mark::LaneEnd);
}

/// A call raised: no future keeps that, so it leaves the loop, and the program.
struct Raised(u32);

fn program(run: &Run, main: &Thread) -> Result<(), Raised> {
    let workload = &run.plan.workload;
    run.print_before(main);
    for task in 0..workload.submitted_first() {
        call(run, main, task)?;
    }
    let mut line = workload.before.len() + workload.after.len();
    for step in &workload.then {
        match step {
            MainStep::Print(_) => {
                main.lane.mark(Mark::PrintMain(line as u32));
                line += 1;
            }
            MainStep::Sleep(seconds) => main.sleep(run.plan.main_sleep(*seconds)),
            MainStep::Submit(task) => call(run, main, *task)?,
            // There is no executor, and all calls have been made.
            MainStep::Cancel(_) | MainStep::Shutdown { .. } => {}
        }
    }
    run.print_after_lines(main);
    if workload.prints_list() {
        got_all(run, main);
        main.lane.mark(Mark::PrintList);
    }
    if workload.prints_each(run.plan.method) {
        got_all(run, main);
        run.tasks().for_each(|task| {
            main.lane.mark(Mark::PrintResult(task));
        });
    }
    Ok(())
}

fn call(run: &Run, main: &Thread, task: u32) -> Result<(), Raised> {
    main.lane.mark(Mark::Submit(task));
    main.lane.set_task(Some(task));
    main.lane.state(State::OnCpu);
    let outcome = Arc::new(main.call(task, &run.plan.tasks[task as usize].ops).unwrap_or(Op::NOTHING));
    main.lane.set_task(None);
    main.lane.state(State::OnCpu);
    run.recorder.outcome(task, &outcome);
    main.lane.mark(Mark::Done(task));
    if outcome.is_err() {
        return Err(Raised(task));
    }
    if run.plan.workload.prints_as_they_come(run.plan.method) {
        main.lane.mark(Mark::Got(task));
        main.lane.mark(Mark::PrintResult(task));
    }
    Ok(())
}

fn got_all(run: &Run, main: &Thread) {
    run.tasks().for_each(|task| {
        main.lane.mark(Mark::Got(task));
    });
}
