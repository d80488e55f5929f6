//! Every method, with real threads: what must hold in every run.

use std::collections::HashSet;

use gilscope::trace::{LaneKind, State, Trace};
use gilscope::workload::Method;

use crate::surroundings::run;

fn example(id: &str, method: Method) -> Trace {
    run(&format!(r#"{{"example":"{id}","method":"{}","scale":0.05}}"#, method.id()))
}

fn check_spans(trace: &Trace) {
    for (number, lane) in trace.live_lanes() {
        for pair in lane.spans.windows(2) {
            assert_eq!(pair[0].end, Some(pair[1].start), "lane {number} has a gap or an overlap: {pair:?}");
        }
        for span in &lane.spans {
            assert!(span.end.is_some_and(|end| end >= span.start), "lane {number}: {span:?}");
        }
    }
}

fn check_tasks(trace: &Trace) {
    for (i, task) in trace.tasks.iter().enumerate() {
        let ran = task.ran.unwrap_or_else(|| panic!("task {i} did not run: {task:?}"));
        assert!(task.submit <= Some(ran.start), "task {i} ran before it was submitted: {task:?}");
        assert!(ran.end.is_some() && task.outcome.is_some(), "task {i} did not end: {task:?}");
        assert!(task.done >= ran.end, "task {i} was done before it ended: {task:?}");
    }
}

#[test]
fn every_example_runs_under_every_method() {
    for example in gilscope::presets::examples() {
        for method in Method::ALL {
            let trace = self::example(example.id, method);
            eprintln!("{} {} {:?}", example.id, method.id(), trace.makespan());
            check_spans(&trace);
            check_tasks(&trace);
        }
    }
}
