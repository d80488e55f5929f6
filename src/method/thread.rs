//! A thread that runs Python code: its lane, and its GIL if there is one.

use std::sync::Arc;
use std::time::Duration;

use crate::gil::Gil;
use crate::host::{Host, Why};
use crate::time::Time;
use crate::trace::{Lane, Mark, State};
use crate::workload::{Op, Outcome, Primes, Value};

/// A thread of a run. Whoever makes one calls it from one thread only.
#[derive(Debug)]
pub struct Thread {
    /// Where it writes down what it does.
    pub lane: Lane,
    gil: Option<Arc<Gil>>,
    host: Arc<dyn Host>,
}

/// A task ended its process, by `os._exit()`. A request is refused if that would be the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exited;

/// How many candidates are tested between two looks at whether the run was stopped: a millisecond at most.
const LOOK_EVERY: u32 = 256;
/// What lasts shorter is not worth handing the record over before it.
const WHILE: Duration = Duration::from_millis(2);
/// Counting the primes below this takes about two milliseconds too.
const WHILE_PRIMES: u32 = 20_000;

impl Thread {
    /// A thread that writes to `lane` and runs under `gil`, which it does not hold yet.
    #[must_use]
    pub fn new(lane: Lane, gil: Option<Arc<Gil>>, host: Arc<dyn Host>) -> Thread {
        Thread { lane, gil, host }
    }

    /// Takes the GIL; from then on the thread is on CPU.
    pub fn run(&self) {
        if let Some(gil) = &self.gil {
            self.take(gil);
        }
        self.lane.state(State::OnCpu);
    }

    fn take(&self, gil: &Gil) {
        let dropped = gil.take(self.lane.number(), || {
            self.lane.state(State::WaitingForGil);
        });
        self.lane.not_before(dropped);
        self.lane.mark(Mark::GilTaken(0));
    }

    /// Drops the GIL; from then on the thread is in `state`. Returns since when.
    pub fn leave(&self, state: State) -> Time {
        let now = self.lane.state(state);
        if let Some(gil) = &self.gil {
            self.lane.mark_at(now, Mark::GilDropped);
            gil.release(self.lane.number(), now);
        }
        now
    }

    /// Does something that blocks, without the GIL: `Py_BEGIN_ALLOW_THREADS`. The thread is in `state` meanwhile.
    pub fn allow_threads<T>(&self, state: State, blocks: impl FnOnce(Time) -> T) -> T {
        let now = self.leave(state);
        let result = blocks(now);
        self.run();
        result
    }

    /// Runs a task's steps to their end, under the GIL. An error if the task ended its process.
    pub fn call(&self, task: u32, ops: &[Op]) -> Result<Outcome, Exited> {
        self.lane.mark(Mark::TaskStart(task));
        let outcome = self.steps(task, ops);
        self.lane.mark(Mark::TaskEnd(task));
        outcome
    }

    fn steps(&self, task: u32, ops: &[Op]) -> Result<Outcome, Exited> {
        let mut count = 0;
        for op in ops {
            self.host.stop_point();
            match op {
                Op::Print(line) => {
                    let now = self.lane.mark(Mark::Print(task, *line as u16));
                    self.written(now);
                }
                Op::Sleep(duration) => self.sleep(*duration),
                Op::Compute(n) => count = self.compute(*n),
                Op::End(outcome) => return Ok(outcome.clone()),
                Op::ReturnCount => return Ok(Ok(Value::Int(i64::from(count)))),
                Op::Exit(_) => return Err(Exited),
            }
        }
        Ok(Op::NOTHING)
    }

    /// A line was written to a terminal at `now`, which is a system call: without the GIL. It takes no time here, so that
    /// this thread nearly always has it again at once; as in CPython, where a waiting thread must be woken first.
    fn written(&self, now: Time) {
        let Some(gil) = &self.gil else { return };
        let dropped = gil.offer(self.lane.number(), now, || {
            self.lane.mark_at(now, Mark::State(State::WaitingForGil, self.lane.task()));
            self.lane.mark_at(now, Mark::GilDropped);
        });
        if let Some(dropped) = dropped {
            self.lane.not_before(dropped);
            self.lane.mark(Mark::GilTaken(0));
            self.lane.state(State::OnCpu);
        }
    }

    /// `time.sleep()`: without the GIL.
    pub fn sleep(&self, duration: Duration) {
        self.allow_threads(State::WaitingForIo, |_| {
            if duration >= WHILE {
                self.host.hand_over(Why::Blocks);
            }
            self.host.sleep(duration);
        });
    }

    /// Counts the primes below `n`, and gives the GIL to whoever asks for it meanwhile.
    pub fn compute(&self, n: u32) -> u32 {
        if n >= WHILE_PRIMES {
            self.host.hand_over(Why::Blocks);
        }
        let mut primes = Primes::below(n);
        let mut candidate = || {
            if let Some(gil) = self.gil.as_ref().filter(|gil| gil.drop_requested()) {
                self.switch(gil);
            }
            primes.step()
        };
        while (0..LOOK_EVERY).all(|_| candidate()) {
            self.host.stop_point();
        }
        primes.count()
    }

    /// The drop on request, with its forced switch, and taking the GIL again.
    fn switch(&self, gil: &Gil) {
        let now = self.lane.state(State::WaitingForGil);
        self.lane.mark_at(now, Mark::GilDropped);
        gil.yield_to_other(self.lane.number(), now);
        let dropped = gil.take(self.lane.number(), || ());
        self.lane.not_before(dropped);
        self.lane.mark(Mark::GilTaken(0));
        self.lane.state(State::OnCpu);
    }
}
