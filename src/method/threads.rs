//! `ThreadPoolExecutor` and its subclass `InterpreterPoolExecutor`: threads in one memory.
//!
//! One file for three methods, because Python's are one class too. What differs is the lock ([`Locks`]): one GIL for
//! all threads, none, or one for each worker, whose arguments and results then cross as bytes.

use std::sync::{Arc, Mutex, PoisonError};

use super::crossing::{Answer, Call, from_bytes, to_bytes};
use super::{Run, Thread, lanes};
use crate::executor::{Futures, Seats, ThreadPool, Work};
use crate::gil::Gil;
use crate::host::Alarm;
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Method, Outcome, Plan};

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
        self.run.print_before(&main);
        main.lane.mark(Mark::PoolCreated);
        for task in self.run.tasks() {
            self.submit(&main, task);
        }
        main.lane.mark(Mark::Shutdown);
        self.join(&main);
        main.lane.mark(Mark::ShutdownDone);
        self.run.print_after(&main, |task| {
            let (outcome, since) = match self.futures.outcome(task) {
                Some(finished) => finished,
                None => main.allow_threads(State::Idle, |_| self.futures.wait(task)),
            };
            main.lane.not_before(since);
            outcome
        });
        main.leave(State::Idle);
        main.lane.mark(Mark::LaneEnd);
    }

    /// `executor.submit()`: queues the task and starts a thread if none is idle.
    pub fn submit(&self, main: &Thread, task: u32) {
        let now = main.lane.mark(Mark::Submit(task));
        if let Some(worker) = self.pool.submit(task, now) {
            main.allow_threads(State::Idle, |now| self.seats.start(worker, now));
        }
        main.lane.mark(Mark::Submitted(task));
    }

    /// `shutdown(wait=True)`.
    pub fn join(&self, main: &Thread) {
        self.pool.shutdown();
        self.seats.close();
        let ended = main.allow_threads(State::Idle, |_| self.pool.join());
        main.lane.not_before(ended);
    }

    /// Takes all tasks that no thread has begun out of the queue: `future.cancel()` of each.
    #[must_use]
    pub fn cancel_pending(&self) -> Vec<u32> {
        self.pool.cancel_pending()
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
        let module = matches!(self.locks, Locks::Each).then(|| self.run.plan.as_ref().clone());
        let thread = Thread::new(lane, self.gil(), Arc::clone(&self.run.host));
        thread.run();
        loop {
            let work = match self.pool.next_or_idle() {
                Some(work) => work,
                None => thread.allow_threads(State::Idle, |_| self.pool.next()),
            };
            let Work::Task(task, submitted) = work else { break };
            thread.lane.not_before(submitted);
            self.futures.set_running(task);
            thread.lane.set_task(Some(task));
            let outcome = match &module {
                Some(module) => self.call_across(&thread, module, task),
                None => {
                    thread.lane.state(State::OnCpu);
                    thread.call(task, &self.run.plan.tasks[task as usize].ops)
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
        let bound = module.bind(&module.workload.tasks[call.task as usize], &call.args, &call.kwargs);
        thread.lane.state(State::OnCpu);
        let outcome = thread.call(task, &bound.ops);
        thread.lane.state(State::Copying);
        let answer: Answer = from_bytes(&to_bytes(&Answer { task, outcome }))?;
        answer.outcome
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
