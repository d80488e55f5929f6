//! `ThreadPoolExecutor` and its subclass `InterpreterPoolExecutor`: threads in one memory.
//!
//! One file for three methods, because Python's are one class too. What differs is the lock ([`Locks`]): one GIL for
//! all threads, none, or one for each worker, whose arguments and results then cross as bytes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::crossing::{Call, from_bytes, to_bytes};
use super::main_program::{self, Executor};
use super::{Run, Thread, lanes};
use crate::executor::{Futures, Seats, ThreadPool, Work};
use crate::gil::Gil;
use crate::host::Alarm;
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Method, Op, Outcome, Plan, Refused};

/// Which lock a thread runs under.
#[derive(Clone, Debug)]
pub enum Locks {
    /// All under one GIL.
    One(Arc<Gil>),
    /// None: the free-threaded build.
    None,
    /// A GIL for each interpreter; the main one has one too.
    Each,
}

/// A run on threads. Every thread of the pool calls [`Threads::enter`] once, each with a seat of its own.
#[derive(Debug)]
pub struct Threads {
    run: Run,
    locks: Locks,
    pool: ThreadPool,
    futures: Futures,
    seats: Seats,
    /// The event loop whose `to_thread` these threads serve.
    event_loop: Option<EventLoopEnd>,
}

#[derive(Debug)]
struct EventLoopEnd {
    alarm: Box<dyn Alarm>,
    finished: Mutex<Vec<u32>>,
}

impl Threads {
    /// The run of a plan by `threads`, `threads-free` or `interpreters`.
    #[must_use]
    pub fn new(run: Run) -> Threads {
        let locks = match run.plan.method {
            Method::ThreadsFree => Locks::None,
            Method::Interpreters => Locks::Each,
            _ => Locks::One(Arc::new(Gil::new(run.plan.switch_interval))),
        };
        Threads::with(run, locks, None)
    }

    /// The default executor of an event loop that runs under `gil` and is woken by `alarm`.
    #[must_use]
    pub fn behind_loop(run: Run, gil: Arc<Gil>, alarm: Box<dyn Alarm>) -> Threads {
        let end = EventLoopEnd { alarm, finished: Mutex::default() };
        Threads::with(run, Locks::One(gil), Some(end))
    }

    fn with(run: Run, locks: Locks, event_loop: Option<EventLoopEnd>) -> Threads {
        let workers = run.plan.most_workers();
        Threads {
            locks,
            pool: ThreadPool::new(run.plan.max_workers),
            futures: Futures::new(run.plan.tasks.len()),
            seats: Seats::new(workers as usize),
            event_loop,
            run,
        }
    }

    /// How many threads must call [`Threads::enter`]: the main one and the workers.
    #[must_use]
    pub fn seats(plan: &Plan) -> usize {
        1 + plan.most_workers() as usize
    }

    /// Runs the part of one thread: seat 0 is the main thread, the others are the workers. Returns when it has ended.
    pub fn enter(&self, seat: usize) {
        match u32::try_from(seat) {
            Ok(0) => self.main(),
            Ok(seat) => self.worker(seat - 1),
            Err(_) => {}
        }
    }

    fn main(&self) {
        let host = Arc::clone(&self.run.host);
        let main = Thread::new(self.run.recorder.lane(0, 0, Arc::clone(&host)), self.gil(), host);
        main.run();
        let mut executor = MainThread { threads: self, thread: &main };
        main_program::block_on(main_program::run(&self.run, &main, &mut executor));
        main.leave(State::Idle);
        main.lane.mark(Mark::LaneEnd);
    }

    /// `executor.submit()`: queues the task and starts a thread if none is idle.
    ///
    /// # Errors
    /// The executor was shut down.
    pub fn submit(&self, main: &Thread, task: u32) -> Result<(), Refused> {
        let now = main.lane.mark(Mark::Submit(task));
        if let Some(worker) = self.pool.submit(task, now)? {
            main.allow_threads(State::Idle, |now| self.seats.start(worker, now));
        }
        main.lane.mark(Mark::Submitted(task));
        Ok(())
    }

    /// `future.cancel()`, by the thread of `lane`: true if the task has not begun and never will.
    pub fn cancel(&self, lane: &Lane, task: u32) -> bool {
        let before = self.futures.outcome(task).is_some();
        let cancelled = self.futures.cancel(task, self.run.host.now());
        if cancelled && !before {
            if let Some((outcome, _)) = self.futures.outcome(task) {
                self.run.recorder.outcome(task, &outcome);
            }
            lane.mark(Mark::Done(task));
        }
        cancelled
    }

    /// `shutdown()`; workers end when the queue is empty.
    pub fn shutdown(&self, main: &Thread, wait: bool, cancel_futures: bool) {
        main.lane.mark(Mark::Shutdown);
        if cancel_futures {
            for task in self.pool.cancel_pending() {
                self.cancel(&main.lane, task);
            }
        }
        self.pool.shutdown();
        self.seats.close();
        if wait {
            self.join(main);
        }
        main.lane.mark(Mark::ShutdownDone);
    }

    /// Waits until all threads that were started have ended.
    fn join(&self, main: &Thread) {
        let ended = main.allow_threads(State::Idle, |_| self.pool.join());
        main.lane.not_before(ended);
    }

    /// The tasks whose threads have ended them since the last time, for the event loop.
    #[must_use]
    pub fn finished(&self) -> Vec<u32> {
        let end = self.event_loop.as_ref();
        end.map(|end| std::mem::take(&mut *end.finished.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default()
    }

    /// A task's outcome, and since when it is there.
    #[must_use]
    pub fn outcome(&self, task: u32) -> Option<(Arc<Outcome>, Time)> {
        self.futures.outcome(task)
    }

    /// The lock of a new thread.
    fn gil(&self) -> Option<Arc<Gil>> {
        match &self.locks {
            Locks::One(gil) => Some(Arc::clone(gil)),
            Locks::None => None,
            Locks::Each => Some(Arc::new(Gil::new(self.run.plan.switch_interval))),
        }
    }

    /// A worker of the pool, from the moment at which its thread is there until the pool is shut down.
    pub fn worker(&self, seat: u32) {
        let Some(started) = self.seats.wait(seat) else { return };
        let number = lanes::first_worker(&self.run.plan) + seat as u16;
        let lane: Lane = self.run.recorder.lane(1 + seat as usize, number, Arc::clone(&self.run.host));
        lane.mark_at(started, Mark::State(State::Starting, None));
        self.seats.signal_started(seat);
        // An interpreter has a module of its own: a copy that nobody else sees.
        let module = matches!(self.locks, Locks::Each).then(|| self.run.plan.module());
        let thread = Thread::new(lane, self.gil(), Arc::clone(&self.run.host));
        thread.run();
        loop {
            let work = match self.pool.next_or_idle() {
                Some(work) => work,
                None => thread.allow_threads(State::Idle, |_| self.pool.next()),
            };
            let Work::Task(task, submitted) = work else { break };
            thread.lane.not_before(submitted);
            if !self.futures.set_running(task) {
                continue;
            }
            thread.lane.set_task(Some(task));
            let outcome = match &module {
                Some(module) => self.call_across(&thread, module, task),
                None => {
                    thread.lane.state(State::OnCpu);
                    thread.call(task, &self.run.plan.tasks[task as usize].ops).unwrap_or(Op::NOTHING)
                }
            };
            self.finish(&thread, task, outcome);
        }
        let ended = thread.leave(State::Idle);
        thread.lane.mark_at(ended, Mark::LaneEnd);
        self.pool.worker_ended(ended);
    }

    /// A call into the worker's interpreter: arguments and result cross as bytes.
    fn call_across(&self, thread: &Thread, module: &Plan, task: u32) -> Outcome {
        thread.lane.state(State::Copying);
        let asked = &self.run.plan.workload.tasks[task as usize];
        let call = to_bytes(&Call { task, args: asked.args.clone(), kwargs: asked.kwargs.clone() });
        let call: Call = from_bytes(&call)?;
        let bound = module.bind(&module.workload.tasks[call.task as usize], call.args, call.kwargs);
        thread.lane.state(State::OnCpu);
        let outcome = thread.call(task, &bound.ops).unwrap_or(Op::NOTHING);
        thread.lane.state(State::Copying);
        from_bytes::<Outcome>(&to_bytes(&outcome))?
    }

    fn finish(&self, thread: &Thread, task: u32, outcome: Outcome) {
        let outcome = Arc::new(outcome);
        self.run.recorder.outcome(task, &outcome);
        let now = thread.lane.mark(Mark::Done(task));
        self.futures.set_finished(task, outcome, now);
        thread.lane.set_task(None);
        thread.lane.state(State::OnCpu);
        if let Some(end) = &self.event_loop {
            end.finished.lock().unwrap_or_else(PoisonError::into_inner).push(task);
            end.alarm.ring();
        }
    }
}

/// The executor, to the main thread, which blocks wherever it waits.
struct MainThread<'a> {
    threads: &'a Threads,
    thread: &'a Thread,
}

impl Executor for MainThread<'_> {
    async fn submit(&mut self, task: u32) -> Result<(), Refused> {
        self.threads.submit(self.thread, task)
    }

    async fn result(&mut self, task: u32) -> Arc<Outcome> {
        let futures = &self.threads.futures;
        let (outcome, since) = match futures.outcome(task) {
            Some(done) => done,
            None => self.thread.allow_threads(State::Idle, |_| futures.wait(task)),
        };
        self.thread.lane.not_before(since);
        outcome
    }

    async fn completed(&mut self, n: usize) -> u32 {
        let futures = &self.threads.futures;
        match futures.completed(n) {
            Some(task) => task,
            None => self.thread.allow_threads(State::Idle, |_| futures.wait_completed(n)),
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        self.thread.sleep(duration);
    }

    fn cancel(&mut self, task: u32) -> bool {
        self.threads.cancel(&self.thread.lane, task)
    }

    async fn shutdown(&mut self, wait: bool, cancel_futures: bool) {
        self.threads.shutdown(self.thread, wait, cancel_futures);
    }

    async fn join(&mut self) {
        self.threads.join(self.thread);
    }
}
