//! Which lanes a run has, with their names and numbers. The lanes and the page both know them by this one function.

use crate::trace::{LaneInfo, LaneKind};
use crate::workload::{Method, Plan};

/// Chrome's trace format wants a number for a coroutine's lane too; the references take these.
const FIRST_COROUTINE: u32 = 1000;

/// The lanes of a run, by number: the main thread, the coroutines, the workers. `pid` is the main process's number.
#[must_use]
pub fn lanes(plan: &Plan, pid: u32) -> Vec<LaneInfo> {
    let main = LaneInfo {
        kind: LaneKind::Main,
        name: if plan.method == Method::Asyncio { "event loop" } else { "MainThread" }.to_owned(),
        thread: "MainThread".to_owned(),
        pid,
        tid: pid,
    };
    let coroutines = plan.tasks.iter().zip(FIRST_COROUTINE..).map(|(task, tid)| LaneInfo {
        kind: LaneKind::Coroutine,
        name: task.label.clone(),
        thread: task.label.clone(),
        pid,
        tid,
    });
    let threads = |prefix: &'static str| {
        (0..plan.most_workers()).map(move |i| {
            let name = format!("{prefix}_{i}");
            LaneInfo { kind: LaneKind::Worker, thread: name.clone(), name, pid, tid: pid + 1 + i }
        })
    };
    let first_process = pid + 1 + plan.start_method.helpers();
    let processes = (0..plan.most_workers()).map(|i| LaneInfo {
        kind: LaneKind::Worker,
        name: format!("{}-{}", plan.start_method.process_name(), i + 1),
        thread: "MainThread".to_owned(),
        pid: first_process + i,
        tid: first_process + i,
    });
    let mut lanes = vec![main];
    match plan.method {
        Method::Sequential => {}
        Method::Threads | Method::ThreadsFree => lanes.extend(threads("ThreadPoolExecutor-0")),
        Method::Interpreters => lanes.extend(threads("InterpreterPoolExecutor-0")),
        Method::Processes => lanes.extend(processes),
        Method::Asyncio => {
            lanes.extend(coroutines);
            if plan.to_thread() {
                lanes.extend(threads("asyncio"));
            }
        }
    }
    lanes
}

/// How many threads write the record in the run's own memory: the main thread, and the workers that are threads.
#[must_use]
pub fn threads(plan: &Plan) -> usize {
    match plan.method {
        Method::Sequential | Method::Processes => 1,
        Method::Asyncio if !plan.to_thread() => 1,
        _ => 1 + plan.most_workers() as usize,
    }
}

/// The number of the first worker's lane.
#[must_use]
pub fn first_worker(plan: &Plan) -> u16 {
    let coroutines = if plan.method == Method::Asyncio { plan.tasks.len() } else { 0 };
    u16::try_from(1 + coroutines).unwrap_or(u16::MAX)
}
