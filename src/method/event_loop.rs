//! `asyncio`: coroutines on one event loop, which waits without blocking its worker.
//!
//! The loop is CPython's `_run_once`: wait for the first timer if nothing is ready; move the timers that are due to the
//! ready queue; then run exactly the handles that were ready at that moment. What they schedule runs in the next
//! iteration. `asyncio.to_thread` hands a call to real threads and is told of its end by the alarm.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::threads::Threads;
use super::{Run, Thread};
use crate::gil::Gil;
use crate::host::Pause;
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Calls, Exception, MainStep, Method, Op, Outcome, PrintResults, Value};

/// What the ready queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handle {
    /// Run the next step of a coroutine.
    Step(u32),
    /// Tell whoever waits for a coroutine that it has ended.
    Ended(u32),
    /// The main coroutine goes on.
    Main,
}

/// What the main coroutine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Make the call of this number.
    Call(u32),
    /// Do the step of this number after the calls.
    Then(usize),
    /// Await the calls: all of them, or as number `n` of `as_completed`.
    Gather,
    Completed(usize),
    /// Print what comes after the calls.
    After,
    /// It has returned.
    Over,
}

/// What the main coroutine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// Nothing.
    No,
    /// A timer.
    Sleep,
    /// The end of one task.
    Task(u32),
    /// The end of so many and one more.
    Completed(usize),
    /// The end of all; with `gather` also the first exception.
    All,
}

/// The main coroutine's number among the timers.
const MAIN: u32 = u32::MAX;

/// A coroutine, between its steps.
struct Coroutine {
    lane: Lane,
    next: usize,
    count: u32,
    /// Its task has been made.
    created: bool,
    /// `cancel()` was called: the next step raises `CancelledError` where it waits.
    cancelled: bool,
    /// The timer that it waits for.
    timer: Option<u64>,
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
        let (created, cancelled, timer) = (false, false, None);
        Coroutine { lane, next: 0, count: 0, created, cancelled, timer, outcome: None, handed_to_thread: false }
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
        woke: Time::ZERO,
        next: Next::Call(0),
        waits: Waits::No,
        line: run.plan.workload.before.len() + run.plan.workload.after.len(),
        completed: Vec::new(),
        raised: None,
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
    /// When the loop's last wait ended.
    woke: Time,
    next: Next,
    waits: Waits,
    /// The next line that a step of the main coroutine prints.
    line: usize,
    /// The tasks that have ended, in that order.
    completed: Vec<u32>,
    /// The task whose exception ended the main coroutine.
    raised: Option<u32>,
}

impl EventLoop<'_> {
    async fn run_until_complete(&mut self, pause: &impl Pause) {
        self.main.run();
        self.run.print_before(&self.main);
        self.main_step();
        while self.next != Next::Over {
            self.run_once(pause).await;
        }
        self.cancel_rest();
        if let Some(threads) = self.threads.clone() {
            // asyncio.run() shuts the default executor down and waits for its threads.
            threads.shutdown(&self.main, true, false);
        }
        if self.raised.is_none() && self.run.plan.workload.prints_each(Method::Asyncio) {
            self.results(true);
        }
        if let Some(task) = self.raised {
            self.main.lane.mark(Mark::PrintTraceback(task));
        }
        self.main.leave(State::Idle);
        self.main.lane.mark(Mark::LaneEnd);
    }

    /// Runs the main coroutine to its next `await`.
    fn main_step(&mut self) {
        self.waits = Waits::No;
        let plan = Arc::clone(&self.run.plan);
        let workload = &plan.workload;
        while self.waits == Waits::No && self.next != Next::Over {
            match self.next {
                Next::Call(task) if task == workload.submitted_first() => self.next = Next::Then(0),
                Next::Call(task)
                    if workload.calls == Calls::SubmitAndWait && self.coroutines[task as usize].created =>
                {
                    self.next = if self.got(task) { Next::Call(task + 1) } else { Next::Over };
                }
                Next::Call(task) => {
                    self.create(task);
                    if workload.calls == Calls::SubmitAndWait {
                        self.waits = Waits::Task(task);
                    } else {
                        self.next = Next::Call(task + 1);
                    }
                }
                Next::Then(i) => match workload.then.get(i) {
                    Some(step) => {
                        self.next = Next::Then(i + 1);
                        self.then(step);
                    }
                    None if workload.results == PrintResults::AsCompleted => self.next = Next::Completed(0),
                    None => self.next = Next::Gather,
                },
                Next::Gather if self.raised.is_some() => self.next = Next::Over,
                Next::Gather if self.completed.len() == self.coroutines.len() => self.next = Next::After,
                Next::Gather => self.waits = Waits::All,
                Next::Completed(n) => match self.completed.get(n).copied() {
                    Some(task) if self.got(task) => {
                        self.main.lane.mark(Mark::PrintResult(task));
                        self.next = Next::Completed(n + 1);
                    }
                    Some(_) => self.next = Next::Over,
                    None if n == self.coroutines.len() => self.next = Next::After,
                    None => self.waits = Waits::Completed(n),
                },
                Next::After => {
                    self.run.print_after_lines(&self.main);
                    if workload.prints_list() {
                        self.results(false);
                    }
                    self.next = Next::Over;
                }
                Next::Over => {}
            }
        }
    }

    fn then(&mut self, step: &MainStep) {
        match step {
            MainStep::Print(_) => {
                self.main.lane.mark(Mark::PrintMain(self.line as u32));
                self.line += 1;
            }
            MainStep::Sleep(seconds) => {
                let until = self.run.host.now() + self.run.plan.main_sleep(*seconds);
                self.sequence += 1;
                self.timers.push(Reverse((until, self.sequence, MAIN)));
                self.waits = Waits::Sleep;
            }
            MainStep::Cancel(task) => {
                let cancelled = self.cancel(*task);
                self.main.lane.mark(Mark::PrintCancel(*task, cancelled));
            }
            MainStep::Submit(task) => self.create(*task),
            // There is no executor to shut down; what cancels its futures cancels the tasks.
            MainStep::Shutdown { cancel_futures, .. } => {
                if *cancel_futures {
                    for task in
                        self.run.tasks().filter(|task| self.coroutines[*task as usize].created).collect::<Vec<_>>()
                    {
                        self.cancel(task);
                    }
                }
            }
        }
    }

    /// `asyncio.create_task()`: the task's first step is in the next iteration.
    fn create(&mut self, task: u32) {
        // A call that goes to a thread is submitted later, by to_thread: the executor writes that down.
        let create_is_submit = self.threads.is_none();
        if create_is_submit {
            self.main.lane.mark(Mark::Submit(task));
        }
        self.coroutine(task).created = true;
        self.coroutine(task).lane.state(State::WaitingForLoop);
        self.ready.push_back(Handle::Step(task));
        if create_is_submit {
            self.main.lane.mark(Mark::Submitted(task));
        }
    }

    /// `task.cancel()`: true unless the task has ended. It ends in one of its next steps.
    fn cancel(&mut self, task: u32) -> bool {
        let coroutine = self.coroutine(task);
        if coroutine.outcome.is_some() {
            return false;
        }
        let waits = coroutine.timer.take().is_some() || coroutine.handed_to_thread;
        if !std::mem::replace(&mut coroutine.cancelled, true) && waits {
            coroutine.lane.state(State::WaitingForLoop);
            self.ready.push_back(Handle::Step(task));
        }
        true
    }

    /// `task.result()`; an exception ends the main coroutine.
    fn got(&mut self, task: u32) -> bool {
        self.main.lane.mark(Mark::Got(task));
        let failed = self.coroutine(task).outcome.as_ref().is_none_or(|outcome| outcome.is_err());
        if failed {
            self.raised = Some(task);
        }
        !failed
    }

    /// Prints all results, each or as a list.
    fn results(&mut self, each: bool) {
        // What was awaited one by one is there already.
        let there = self.run.plan.workload.calls == Calls::SubmitAndWait;
        for task in self.run.tasks() {
            if !there && !self.got(task) {
                return;
            }
            if each {
                self.main.lane.mark(Mark::PrintResult(task));
            }
        }
        if !each {
            self.main.lane.mark(Mark::PrintList);
        }
    }

    async fn run_once(&mut self, pause: &impl Pause) {
        if self.ready.is_empty() {
            let now = self.run.host.now();
            let deadline = self.timers.peek().map(|Reverse((when, ..))| now + whole_millis(when.since(now)));
            self.main.leave(State::Idle);
            pause.until(deadline).await;
            self.main.run();
            self.woke = self.run.host.now();
        }
        let now = self.run.host.now();
        while let Some(Reverse((when, sequence, task))) = self.timers.peek().copied() {
            if when > now {
                break;
            }
            self.timers.pop();
            if task == MAIN {
                self.ready.push_back(Handle::Main);
            } else if self.coroutine(task).timer == Some(sequence) {
                self.coroutine(task).timer = None;
                let since = when.max(self.woke);
                self.coroutine(task).lane.mark_at(since, Mark::State(State::WaitingForLoop, Some(task)));
                self.ready.push_back(Handle::Step(task));
            }
        }
        let finished = self.threads.as_ref().map(|threads| threads.finished()).unwrap_or_default();
        for task in finished {
            if self.coroutine(task).outcome.is_none() {
                self.coroutine(task).lane.state(State::WaitingForLoop);
                self.ready.push_back(Handle::Step(task));
            }
        }
        for _ in 0..self.ready.len() {
            match self.ready.pop_front() {
                Some(Handle::Step(task)) => self.step(task),
                Some(Handle::Ended(task)) => self.ended(task),
                Some(Handle::Main) => self.main_step(),
                None => {}
            }
        }
    }

    /// Runs a coroutine to its next `await`.
    fn step(&mut self, task: u32) {
        if self.coroutine(task).outcome.is_some() {
            // Cancelled, and its thread has ended the call after all.
            return;
        }
        self.main.lane.set_task(Some(task));
        self.main.lane.state(State::OnCpu);
        self.coroutine(task).lane.state(State::OnCpu);
        let first = self.coroutine(task).next == 0 && !self.coroutine(task).handed_to_thread;
        match self.threads.clone() {
            _ if self.coroutine(task).cancelled => self.end_cancelled(task),
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
            // It is open until the loop has ended.
            let _ = threads.submit(&self.main, task);
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
                        self.coroutines[task as usize].timer = Some(self.sequence);
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
                Some(Op::Exit(_)) | None => return self.end_inline(task, Op::NOTHING),
            }
        }
    }

    fn end_inline(&mut self, task: u32, outcome: Outcome) {
        self.coroutine(task).lane.mark(Mark::TaskEnd(task));
        let outcome = Arc::new(outcome);
        self.run.recorder.outcome(task, &outcome);
        self.end(task, outcome);
    }

    /// A call that a thread has begun goes on all the same, and has its own outcome; one that none has, never begins.
    fn end_cancelled(&mut self, task: u32) {
        let outcome = Arc::new(Err(Exception::cancelled()));
        match self.threads.clone().filter(|_| self.coroutine(task).handed_to_thread) {
            Some(threads) => {
                threads.cancel(&self.main.lane, task);
            }
            None => {
                if self.coroutine(task).next > 0 {
                    self.coroutine(task).lane.mark(Mark::TaskEnd(task));
                }
                self.run.recorder.outcome(task, &outcome);
                if self.threads.is_some() {
                    self.main.lane.mark(Mark::Done(task));
                }
            }
        }
        self.end(task, outcome);
    }

    fn end(&mut self, task: u32, outcome: Arc<Outcome>) {
        let coroutine = self.coroutine(task);
        coroutine.outcome = Some(outcome);
        coroutine.lane.mark(Mark::LaneEnd);
        self.ready.push_back(Handle::Ended(task));
    }

    /// The done callbacks of a task: what the main coroutine waits for may be there.
    fn ended(&mut self, task: u32) {
        if self.threads.is_none() {
            self.main.lane.mark(Mark::Done(task));
        }
        self.completed.push(task);
        let failed = self.coroutine(task).outcome.as_ref().is_some_and(|outcome| outcome.is_err());
        if self.gathers() && failed {
            // The first exception goes to the main coroutine at once, while the other tasks go on.
            self.raised.get_or_insert(task);
        }
        let wakes = match self.waits {
            Waits::No | Waits::Sleep => false,
            Waits::Task(awaited) => awaited == task,
            Waits::Completed(n) => self.completed.len() == n + 1,
            Waits::All => (self.gathers() && failed) || self.completed.len() == self.coroutines.len(),
        };
        if wakes {
            self.waits = Waits::No;
            self.ready.push_back(Handle::Main);
        }
    }

    /// Whether all calls are awaited by one `gather()`: where nothing is done with their tasks meanwhile.
    fn gathers(&self) -> bool {
        let workload = &self.run.plan.workload;
        let awaited = workload.calls == Calls::SubmitAndWait || workload.results == PrintResults::AsCompleted;
        workload.then.is_empty() && !awaited
    }

    /// What `asyncio.run()` does with tasks that are left when the main coroutine has ended: it cancels them.
    fn cancel_rest(&mut self) {
        for handle in std::mem::take(&mut self.ready) {
            if let Handle::Ended(task) = handle {
                self.ended(task);
            }
        }
        for task in self.run.tasks() {
            let coroutine = self.coroutine(task);
            if coroutine.created && coroutine.outcome.is_none() {
                self.end_cancelled(task);
                if self.threads.is_none() {
                    self.main.lane.mark(Mark::Done(task));
                }
            }
        }
    }

    fn coroutine(&mut self, task: u32) -> &mut Coroutine {
        &mut self.coroutines[task as usize]
    }
}

/// A wait as `epoll` makes it: in whole milliseconds, rounded up. So timers that differ by less come in one iteration.
fn whole_millis(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}
