//! `ProcessPoolExecutor`: the parent's part, and a worker process's.
//!
//! A process is handed only the module: it parses the plan itself (Python imports `__main__` again), and everything
//! else, arguments and results, crosses as bytes.

use std::sync::Arc;

use super::crossing::{Answer, Call, from_bytes, to_bytes};
use super::{Run, Thread, lanes};
use crate::executor::ProcessPool;
use crate::host::{Processes, Said};
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Op, Outcome};

/// What the futures of a pool get when one of its workers died; CPython's words.
const BROKEN: &str = "A process in the process pool was terminated abruptly while the future was running or pending.";

/// Runs the parent's part of a plan. Returns what broke the pool, if something did.
pub async fn run(run: &Run, processes: &impl Processes) -> Option<String> {
    let host = Arc::clone(&run.host);
    let parent = Parent {
        main: Thread::new(run.recorder.lane(0, 0, Arc::clone(&host)), None, host),
        lanes: (0..run.plan.most_workers())
            .map(|worker| run.recorder.lane(0, lanes::first_worker(&run.plan) + worker as u16, Arc::clone(&run.host)))
            .collect(),
        run,
        processes,
    };
    parent.run().await
}

struct Parent<'a, P> {
    run: &'a Run,
    processes: &'a P,
    main: Thread,
    /// For a worker's start and its death; in between it writes its lane itself.
    lanes: Vec<Lane>,
}

impl<P: Processes> Parent<'_, P> {
    async fn run(&self) -> Option<String> {
        let main = &self.main;
        let tasks = self.run.plan.tasks.len();
        let mut pool = ProcessPool::new(self.run.plan.max_workers);
        let mut outcomes: Vec<Option<Arc<Outcome>>> = vec![None; tasks];
        let mut missing = tasks;
        let mut broken = None;

        main.run();
        self.run.print_before(main);
        main.lane.mark(Mark::PoolCreated);
        for task in self.run.tasks() {
            main.lane.mark(Mark::Submit(task));
            if let Some(worker) = pool.submit(task) {
                self.lanes[worker as usize].state(State::Starting);
                self.processes.start(worker);
            }
            main.lane.mark(Mark::Submitted(task));
        }
        main.lane.mark(Mark::Shutdown);
        while missing > 0 {
            while let Some((worker, task)) = pool.assign() {
                self.send(worker, task);
            }
            main.lane.state(State::Idle);
            let said = self.processes.next().await;
            main.lane.state(State::OnCpu);
            match said {
                Said::Ready { worker } => pool.ready(worker),
                Said::Result { worker, answer } => {
                    main.lane.state(State::Copying);
                    let answer: Result<Answer, _> = from_bytes(&answer);
                    main.lane.state(State::OnCpu);
                    // An answer that cannot be read breaks the pool, as it does in CPython: nobody knows whose it is.
                    // So does one to a call that the worker does not have; its own call would wait for ever.
                    match answer {
                        Ok(answer) if pool.call_of(worker) == Some(answer.task) => {
                            pool.finished(worker);
                            self.finish(answer.task, Arc::new(answer.outcome), &mut outcomes);
                            missing -= 1;
                        }
                        Ok(Answer { outcome: Err(error), .. }) | Err(error) => broken = Some(error.line()),
                        Ok(_) => broken = Some(format!("process {worker} answered a call that it did not have")),
                    }
                }
                Said::Died { worker, reason } => {
                    self.lanes[worker as usize].mark(Mark::LaneEnd);
                    broken = Some(reason);
                }
            }
            if broken.is_some() {
                let outcome = Arc::new(Op::broken(BROKEN));
                for task in pool.died() {
                    self.finish(task, Arc::clone(&outcome), &mut outcomes);
                }
                break;
            }
        }
        main.lane.mark(Mark::ShutdownDone);
        let unknown = Arc::new(Op::broken(BROKEN));
        self.run.print_after(main, |task| outcomes[task as usize].clone().unwrap_or_else(|| Arc::clone(&unknown)));
        main.lane.mark(Mark::LaneEnd);
        broken
    }

    fn send(&self, worker: u32, task: u32) {
        let asked = &self.run.plan.workload.tasks[task as usize];
        self.main.lane.state(State::Copying);
        let call = to_bytes(&Call { task, args: asked.args.clone(), kwargs: asked.kwargs.clone() });
        self.processes.send(worker, call);
        self.main.lane.state(State::OnCpu);
    }

    fn finish(&self, task: u32, outcome: Arc<Outcome>, outcomes: &mut [Option<Arc<Outcome>>]) {
        self.run.recorder.outcome(task, &outcome);
        self.main.lane.mark(Mark::Done(task));
        outcomes[task as usize] = Some(outcome);
    }
}

/// A worker process: made in its own memory, from the module alone.
#[derive(Debug)]
pub struct Worker {
    run: Run,
    thread: Thread,
}

impl Worker {
    /// The process number `worker` of its pool is up; its parent started it at `started`.
    #[must_use]
    pub fn new(run: Run, worker: u32, started: Time) -> Worker {
        let lane = run.recorder.lane(0, lanes::first_worker(&run.plan) + worker as u16, Arc::clone(&run.host));
        lane.mark_at(started, Mark::State(State::Starting, None));
        let thread = Thread::new(lane, None, Arc::clone(&run.host));
        thread.lane.state(State::Idle);
        Worker { run, thread }
    }

    /// Runs a call that its parent sent at `sent`, and returns the answer.
    #[must_use]
    pub fn call(&self, call: &[u8], sent: Time) -> Vec<u8> {
        let thread = &self.thread;
        // The bytes were on their way since they were sent: this process waited for nothing else.
        thread.lane.not_before(sent);
        thread.lane.mark_at(thread.lane.last().max(sent), Mark::State(State::Copying, None));
        let answer = match from_bytes::<Call>(call) {
            Err(error) => Answer { task: u32::MAX, outcome: Err(error) },
            Ok(call) => {
                let task = call.task;
                thread.lane.set_task(Some(task));
                let plan = &self.run.plan;
                let bound = plan.bind(&plan.workload.tasks[task as usize], &call.args, &call.kwargs);
                thread.lane.state(State::OnCpu);
                Answer { task, outcome: thread.call(task, &bound.ops) }
            }
        };
        thread.lane.state(State::Copying);
        let answer = to_bytes(&answer);
        thread.lane.set_task(None);
        thread.lane.state(State::Idle);
        answer
    }
}
