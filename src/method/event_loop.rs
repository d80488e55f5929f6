//! `asyncio`: coroutines on one event loop, which waits without blocking its worker.
//!
//! The loop is CPython's `_run_once`: wait for the first timer if nothing is ready; move the timers that are due to the
//! ready queue; then run exactly the handles that were ready at that moment. What they schedule runs in the next
//! iteration. `asyncio.to_thread` hands a call to real threads and is told of its end by the alarm.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::threads::Threads;
use super::{Run, Thread};
use crate::gil::Gil;
use crate::host::Pause;
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Exception, Op, Outcome, Value};

/// What the ready queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handle {
    /// Run the next step of a coroutine.
    Step(u32),
    /// Tell `gather` that a coroutine has ended.
    Ended(u32),
    /// `gather` is complete: the main coroutine goes on.
    Main,
}

/// A coroutine, between its steps.
struct Coroutine {
    lane: Lane,
    next: usize,
    count: u32,
    outcome: Option<Arc<Outcome>>,
    handed_to_thread: bool,
}

/// The threads behind an event loop, if the plan needs some, with the lock that they share with it.
pub struct Behind {
    /// The lock.
    pub gil: Arc<Gil>,
    /// The default executor.
    pub threads: Arc<Threads>,
}

/// Runs the plan's calls as coroutines.
pub async fn run(run: &Run, pause: &impl Pause, behind: Option<Behind>) {
    let host = Arc::clone(&run.host);
    let gil = behind.as_ref().map(|behind| Arc::clone(&behind.gil));
    let main = Thread::new(run.recorder.lane(0, 0, Arc::clone(&host)), gil, Arc::clone(&host));
    let coroutines = run.tasks().map(|task| {
        let lane = run.recorder.lane(0, 1 + task as u16, Arc::clone(&host));
        lane.set_task(Some(task));
        Coroutine { lane, next: 0, count: 0, outcome: None, handed_to_thread: false }
    });
    let coroutines = coroutines.collect();
    let mut event_loop = EventLoop {
        run,
        main,
        threads: behind.map(|behind| behind.threads),
        coroutines,
        ready: VecDeque::new(),
        timers: BinaryHeap::new(),
        sequence: 0,
        running: run.plan.tasks.len(),
        raised: None,
        complete: false,
    };
    event_loop.run_until_complete(pause).await;
}

struct EventLoop<'a> {
    run: &'a Run,
    main: Thread,
    threads: Option<Arc<Threads>>,
    coroutines: Vec<Coroutine>,
    ready: VecDeque<Handle>,
    /// By time; then by the order in which they were set.
    timers: BinaryHeap<Reverse<(Time, u64, u32)>>,
    sequence: u64,
    running: usize,
    raised: Option<u32>,
    complete: bool,
}

impl EventLoop<'_> {
    async fn run_until_complete(&mut self, pause: &impl Pause) {
        self.main.run();
        self.run.print_before(&self.main);
        // A call that goes to a thread is submitted later, by to_thread: the executor writes that down.
        let create_is_submit = self.threads.is_none();
        for task in self.run.tasks() {
            if create_is_submit {
                self.main.lane.mark(Mark::Submit(task));
            }
            self.coroutine(task).lane.state(State::WaitingForLoop);
            self.ready.push_back(Handle::Step(task));
            if create_is_submit {
                self.main.lane.mark(Mark::Submitted(task));
            }
        }
        while !self.complete {
            self.run_once(pause).await;
        }
        self.cancel_rest();
        if let Some(threads) = self.threads.clone() {
            // asyncio.run() shuts the default executor down and waits for its threads.
            self.main.lane.mark(Mark::Shutdown);
            threads.join(&self.main);
            self.main.lane.mark(Mark::ShutdownDone);
        }
        match self.raised {
            Some(task) => {
                self.main.lane.mark(Mark::PrintTraceback(task));
            }
            None => {
                let cancelled = Arc::new(Err(Exception::new("CancelledError", "")));
                let coroutines = &self.coroutines;
                let outcome = |task: u32| coroutines[task as usize].outcome.clone();
                self.run.print_after(&self.main, |task| outcome(task).unwrap_or_else(|| Arc::clone(&cancelled)));
            }
        }
        self.main.leave(State::Idle);
        self.main.lane.mark(Mark::LaneEnd);
    }

    async fn run_once(&mut self, pause: &impl Pause) {
        if self.ready.is_empty() {
            let deadline = self.timers.peek().map(|Reverse((when, ..))| *when);
            self.main.leave(State::Idle);
            pause.until(deadline).await;
            self.main.run();
        }
        let now = self.run.host.now();
        while let Some(Reverse((when, _, task))) = self.timers.peek().copied() {
            if when > now {
                break;
            }
            self.timers.pop();
            self.coroutine(task).lane.mark_at(when, Mark::State(State::WaitingForLoop, Some(task)));
            self.ready.push_back(Handle::Step(task));
        }
        let finished = self.threads.as_ref().map(|threads| threads.finished()).unwrap_or_default();
        for task in finished {
            self.coroutine(task).lane.state(State::WaitingForLoop);
            self.ready.push_back(Handle::Step(task));
        }
        for _ in 0..self.ready.len() {
            match self.ready.pop_front() {
                Some(Handle::Step(task)) => self.step(task),
                Some(Handle::Ended(task)) => self.ended(task),
                Some(Handle::Main) => self.complete = true,
                None => {}
            }
        }
    }

    /// Runs a coroutine to its next `await`.
    fn step(&mut self, task: u32) {
        self.main.lane.set_task(Some(task));
        self.main.lane.state(State::OnCpu);
        self.coroutine(task).lane.state(State::OnCpu);
        let first = self.coroutine(task).next == 0 && !self.coroutine(task).handed_to_thread;
        match self.threads.clone() {
            Some(threads) => self.step_to_thread(&threads, task),
            None => {
                if first {
                    self.coroutine(task).lane.mark(Mark::TaskStart(task));
                }
                self.step_inline(task);
            }
        }
        self.main.lane.set_task(None);
        self.main.lane.state(State::OnCpu);
    }

    fn step_to_thread(&mut self, threads: &Threads, task: u32) {
        if !self.coroutine(task).handed_to_thread {
            self.coroutine(task).handed_to_thread = true;
            if task == 0 {
                // The first coroutine's first step is the first of all: the loop makes its default executor now.
                self.main.lane.mark(Mark::PoolCreated);
            }
            threads.submit(&self.main, task);
            self.coroutine(task).lane.state(State::Idle);
        } else if let Some((outcome, since)) = threads.outcome(task) {
            self.main.lane.not_before(since);
            self.end(task, outcome);
        }
    }

    fn step_inline(&mut self, task: u32) {
        let plan = Arc::clone(&self.run.plan);
        let ops = &plan.tasks[task as usize].ops;
        loop {
            let at = self.coroutine(task).next;
            self.coroutine(task).next += 1;
            match ops.get(at) {
                Some(Op::Print(line)) => {
                    self.main.lane.mark(Mark::Print(task, *line as u16));
                }
                Some(Op::Sleep(duration)) => {
                    let now = self.coroutine(task).lane.state(State::WaitingForIo);
                    if duration.is_zero() {
                        // asyncio.sleep(0) is a bare yield: no timer.
                        self.coroutine(task).lane.state(State::WaitingForLoop);
                        self.ready.push_back(Handle::Step(task));
                    } else {
                        self.sequence += 1;
                        self.timers.push(Reverse((now + *duration, self.sequence, task)));
                    }
                    return;
                }
                Some(Op::Compute(n)) => self.coroutines[task as usize].count = self.main.compute(*n),
                Some(Op::ReturnCount) => {
                    let count = self.coroutine(task).count;
                    return self.end_inline(task, Ok(Value::Int(i64::from(count))));
                }
                Some(Op::End(outcome)) => return self.end_inline(task, outcome.clone()),
                None => return self.end_inline(task, Op::NOTHING),
            }
        }
    }

    fn end_inline(&mut self, task: u32, outcome: Outcome) {
        self.coroutine(task).lane.mark(Mark::TaskEnd(task));
        let outcome = Arc::new(outcome);
        self.run.recorder.outcome(task, &outcome);
        self.end(task, outcome);
    }

    fn end(&mut self, task: u32, outcome: Arc<Outcome>) {
        let coroutine = self.coroutine(task);
        coroutine.outcome = Some(outcome);
        coroutine.lane.mark(Mark::LaneEnd);
        self.ready.push_back(Handle::Ended(task));
    }

    /// The done callback that `gather` put on a task: the first exception goes to the main coroutine at once, while the
    /// other tasks go on; without one it waits for all.
    fn ended(&mut self, task: u32) {
        if self.threads.is_none() {
            self.main.lane.mark(Mark::Done(task));
        }
        self.running -= 1;
        let failed = self.coroutine(task).outcome.as_ref().is_some_and(|outcome| outcome.is_err());
        if self.raised.is_some() {
            return;
        }
        if failed {
            self.raised = Some(task);
        }
        if failed || self.running == 0 {
            self.ready.push_back(Handle::Main);
        }
    }

    /// What `asyncio.run()` does with tasks that are left when the main coroutine has ended: it cancels them.
    ///
    /// A call that a thread has begun goes on all the same; one that waits in the queue is never begun.
    fn cancel_rest(&mut self) {
        let unbegun = self.threads.as_ref().map(|threads| threads.cancel_pending()).unwrap_or_default();
        let inline = self.threads.is_none();
        for (task, coroutine) in (0..).zip(&mut self.coroutines) {
            if coroutine.outcome.is_none() {
                let outcome = Arc::new(Err(Exception::new("CancelledError", "")));
                if inline {
                    coroutine.lane.mark(Mark::TaskEnd(task));
                }
                if inline || unbegun.binary_search(&task).is_ok() {
                    self.run.recorder.outcome(task, &outcome);
                    self.main.lane.mark(Mark::Done(task));
                }
                coroutine.lane.mark(Mark::LaneEnd);
                coroutine.outcome = Some(outcome);
            }
        }
    }

    fn coroutine(&mut self, task: u32) -> &mut Coroutine {
        &mut self.coroutines[task as usize]
    }
}
