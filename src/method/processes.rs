//! `ProcessPoolExecutor`: the parent's part, and a worker process's.
//!
//! A process is handed only the module: it parses the plan itself (Python imports `__main__` again), and everything
//! else, arguments and results, crosses as bytes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::crossing::{Answer, Call, from_bytes, to_bytes};
use super::main_program::{self, Executor};
use super::{Exited, Run, Thread, lanes};
use crate::executor::{Futures, ProcessPool};
use crate::host::{Processes, Said};
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Exception, Op, Outcome, Refused, Value};

/// What the futures of a pool get when one of its workers died; CPython's words.
const BROKEN: &str = "A process in the process pool was terminated abruptly while the future was running or pending.";

/// Runs the parent's part of a plan. Returns what broke the pool, if something did that the workload did not ask for.
pub async fn run(run: &Run, processes: &impl Processes) -> Option<String> {
    let host = Arc::clone(&run.host);
    let main = Thread::new(run.recorder.lane(0, 0, Arc::clone(&host)), None, host);
    let mut parent = Parent {
        main: &main,
        lanes: (0..run.plan.most_workers())
            .map(|worker| run.recorder.lane(0, lanes::first_worker(&run.plan) + worker as u16, Arc::clone(&run.host)))
            .collect(),
        pool: ProcessPool::new(run.plan.max_workers, run.plan.start_method),
        futures: Futures::new(run.plan.tasks.len()),
        copied: HashMap::new(),
        broken: None,
        run,
        processes,
    };
    main.run();
    main_program::run(run, &main, &mut parent).await;
    main.lane.mark(Mark::LaneEnd);
    parent.broken
}

/// The main program's process: its main thread, and the pool's manager, which is a thread of its own in CPython. Here
/// it acts whenever the main thread waits.
struct Parent<'a, P> {
    run: &'a Run,
    processes: &'a P,
    main: &'a Thread,
    /// For a worker's start and its death; in between it writes its lane itself.
    lanes: Vec<Lane>,
    pool: ProcessPool,
    futures: Futures,
    /// What the feeder thread has pickled, by the chunk's first task.
    copied: HashMap<u32, Vec<u8>>,
    broken: Option<String>,
}

impl<P: Processes> Executor for Parent<'_, P> {
    async fn submit(&mut self, task: u32) -> Result<(), Refused> {
        for task in self.chunk(task) {
            self.main.lane.mark(Mark::Submit(task));
        }
        for worker in self.pool.submit(task)? {
            self.lanes[worker as usize].state(State::Starting);
            self.processes.start(worker);
        }
        for task in self.chunk(task) {
            self.main.lane.mark(Mark::Submitted(task));
        }
        self.manage();
        Ok(())
    }

    async fn result(&mut self, task: u32) -> Arc<Outcome> {
        loop {
            if let Some((outcome, _)) = self.futures.outcome(task) {
                return outcome;
            }
            self.wait(State::Idle, None).await;
        }
    }

    async fn completed(&mut self, n: usize) -> u32 {
        loop {
            if let Some(task) = self.futures.completed(n) {
                return task;
            }
            self.wait(State::Idle, None).await;
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        let until = self.run.host.now() + duration;
        while self.run.host.now() < until {
            self.wait(State::WaitingForIo, Some(until)).await;
        }
    }

    fn cancel(&mut self, task: u32) -> bool {
        let before = self.futures.outcome(task).is_some();
        let cancelled = self.futures.cancel(task, self.run.host.now());
        if cancelled && !before {
            self.told(task);
        }
        cancelled
    }

    async fn shutdown(&mut self, wait: bool, cancel_futures: bool) {
        self.main.lane.mark(Mark::Shutdown);
        for first in self.pool.shutdown(cancel_futures) {
            for task in self.chunk(first) {
                self.cancel(task);
            }
        }
        self.manage();
        if wait {
            self.join().await;
        }
        self.main.lane.mark(Mark::ShutdownDone);
    }

    async fn join(&mut self) {
        while !self.pool.is_done() {
            self.wait(State::Idle, None).await;
        }
    }
}

impl<P: Processes> Parent<'_, P> {
    /// The tasks that go to a worker at once, by the first of them.
    fn chunk(&self, first: u32) -> Range<u32> {
        first..(first + self.run.plan.chunksize()).min(self.run.tasks().end)
    }

    /// The main thread waits, in this state, until something is said or the deadline is there.
    async fn wait(&mut self, state: State, deadline: Option<Time>) {
        self.main.lane.state(state);
        let said = self.processes.next(deadline).await;
        self.main.lane.state(State::OnCpu);
        if let Some(said) = said {
            self.hear(said);
        }
    }

    /// The manager was woken: it fills the call queue, and free workers take from it.
    fn manage(&mut self) {
        let futures = &self.futures;
        let filled = self.pool.fill(|first| futures.set_running(first));
        for first in filled {
            for task in self.chunk(first) {
                self.futures.set_running(task);
                self.main.lane.mark(Mark::Running(task));
            }
            let bytes = self.copy(first);
            self.copied.insert(first, bytes);
        }
        self.hand_out();
    }

    fn hand_out(&mut self) {
        while let Some((worker, first)) = self.pool.take() {
            self.processes.send(worker, self.copied.remove(&first).unwrap_or_default());
        }
    }

    /// A chunk's bytes: the feeder thread's part.
    fn copy(&self, first: u32) -> Vec<u8> {
        self.main.lane.state(State::Copying);
        let call = |task: u32| {
            let asked = &self.run.plan.workload.tasks[task as usize];
            Call { task, args: asked.args.clone(), kwargs: asked.kwargs.clone() }
        };
        let calls = to_bytes(&self.chunk(first).map(call).collect::<Vec<_>>());
        self.main.lane.state(State::OnCpu);
        calls
    }

    fn hear(&mut self, said: Said) {
        if self.pool.is_broken() {
            return;
        }
        match said {
            // Nothing that wakes the manager: only the worker hears of the call queue.
            Said::Ready { worker } => {
                self.pool.ready(worker);
                self.hand_out();
            }
            Said::Result { worker, answer } => self.result_of(worker, &answer),
            Said::Exited { .. } => self.break_pool(),
            Said::Died { worker, reason } => {
                self.broken = Some(reason);
                // It may be one that could not be started.
                if let Some(lane) = self.lanes.get(worker as usize) {
                    lane.mark(Mark::LaneEnd);
                }
                self.break_pool();
            }
        }
    }

    fn result_of(&mut self, worker: u32, answer: &[u8]) {
        self.main.lane.state(State::Copying);
        let answer: Result<Answer, _> = from_bytes(answer);
        self.main.lane.state(State::OnCpu);
        // An answer that cannot be read breaks the pool, as it does in CPython: nobody knows whose it is. So does one to
        // a call that the worker does not have; its own call would wait for ever.
        let wrong = match answer {
            Ok(answer) if self.pool.call_of(worker) == Some(answer.task) && self.is_whole(&answer) => {
                self.main.lane.not_before(answer.ended);
                self.pool.finished(worker);
                return self.finish(answer);
            }
            Ok(Answer { outcome: Err(error), .. }) | Err(error) => error.line(),
            Ok(_) => format!("process {worker} answered a call that it did not have"),
        };
        self.broken = Some(wrong);
        self.break_pool();
    }

    /// Whether a chunk's answer has all its results.
    fn is_whole(&self, answer: &Answer) -> bool {
        answer.outcome.as_ref().map_or(true, |values| values.len() == self.chunk(answer.task).len())
    }

    fn finish(&mut self, answer: Answer) {
        let tasks = self.chunk(answer.task);
        match answer.outcome {
            Ok(values) => {
                for (task, value) in tasks.zip(values) {
                    self.set_finished(task, &Arc::new(Ok(value)));
                }
            }
            Err(error) => {
                let outcome = Arc::new(Err(error));
                tasks.for_each(|task| self.set_finished(task, &outcome));
            }
        }
        self.manage();
    }

    fn set_finished(&self, task: u32, outcome: &Arc<Outcome>) {
        if self.futures.set_finished(task, Arc::clone(outcome), self.run.host.now()) {
            self.told(task);
        }
    }

    /// A future is done: that goes into the record.
    fn told(&self, task: u32) {
        if let Some((outcome, _)) = self.futures.outcome(task) {
            self.run.recorder.outcome(task, &outcome);
            self.main.lane.mark(Mark::Done(task));
        }
    }

    /// `terminate_broken`: every future that is not done gets an exception, every other worker is ended.
    fn break_pool(&mut self) {
        self.processes.terminate();
        for (worker, lane) in (0..self.pool.started()).zip(&self.lanes) {
            if let Some(first) = self.pool.call_of(worker) {
                // Of a chunk nobody knows which call it was at; those that have ended, have.
                self.chunk(first).for_each(|task| {
                    lane.mark(Mark::TaskEnd(task));
                });
            }
            lane.mark(Mark::LaneEnd);
        }
        let outcome = Arc::new(Op::broken(BROKEN));
        for first in self.pool.died() {
            self.chunk(first).for_each(|task| self.set_finished(task, &outcome));
        }
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
        // The main module without what is under its guard: the arguments come with the calls.
        let run = Run { plan: Arc::new(run.plan.module()), ..run };
        thread.lane.state(State::Idle);
        Worker { run, thread }
    }

    /// Runs the calls that its parent sent at `sent`, and returns the answer.
    ///
    /// # Errors
    /// One of them ended this process.
    pub fn call(&self, calls: &[u8], sent: Time) -> Result<Vec<u8>, Exited> {
        let thread = &self.thread;
        // The bytes were on their way since they were sent: this process waited for nothing else.
        thread.lane.not_before(sent);
        thread.lane.mark_at(thread.lane.last().max(sent), Mark::State(State::Copying, None));
        let (task, outcome) = match from_bytes::<Vec<Call>>(calls) {
            Err(error) => (u32::MAX, Err(error)),
            Ok(calls) => (calls.first().map_or(u32::MAX, |call| call.task), self.chunk(calls)?),
        };
        let ended = thread.lane.state(State::Copying);
        let answer = to_bytes(&Answer { task, ended, outcome });
        thread.lane.set_task(None);
        thread.lane.state(State::Idle);
        Ok(answer)
    }

    /// `_process_chunk`: one call after another, until one raises.
    fn chunk(&self, calls: Vec<Call>) -> Result<Result<Vec<Value>, Exception>, Exited> {
        let (thread, plan) = (&self.thread, &self.run.plan);
        let mut values = Vec::with_capacity(calls.len());
        for Call { task, args, kwargs } in calls {
            thread.lane.set_task(Some(task));
            let bound = plan.bind(&plan.workload.tasks[task as usize], args, kwargs);
            thread.lane.state(State::OnCpu);
            match thread.call(task, &bound.ops) {
                Ok(Ok(value)) => values.push(value),
                Ok(Err(error)) => return Ok(Err(error)),
                Err(exited) => {
                    thread.lane.mark(Mark::LaneEnd);
                    return Err(exited);
                }
            }
        }
        Ok(Ok(values))
    }
}
