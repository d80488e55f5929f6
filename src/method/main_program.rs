//! The main program of an executor's run, from its first line to its last. What the executor is, it does not know.
//!
//! Written once for two kinds: threads, whose main thread blocks, and processes, whose parent must not block, for the
//! browser starts no worker meanwhile. So it is `async`; where the main thread blocks, no future is ever pending.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Run, Thread};
use crate::trace::Mark;
use crate::workload::{Calls, MainStep, Outcome, PrintResults, Refused};

/// An executor, as its main program uses it.
pub trait Executor {
    /// `submit()` of a task; of a chunk, its first.
    async fn submit(&mut self, task: u32) -> Result<(), Refused>;

    /// `future.result()`, as a value: blocks until the task is done.
    async fn result(&mut self, task: u32) -> Arc<Outcome>;

    /// The task that was done as number `n` of all; blocks until so many are.
    async fn completed(&mut self, n: usize) -> u32;

    /// `time.sleep()`.
    async fn sleep(&mut self, duration: Duration);

    /// `future.cancel()`.
    fn cancel(&mut self, task: u32) -> bool;

    /// `shutdown()`.
    async fn shutdown(&mut self, wait: bool, cancel_futures: bool);

    /// What the interpreter does before it ends: it waits for what was submitted.
    async fn join(&mut self);
}

/// What ended the main program before its time.
enum Raised {
    /// A call's exception, which `result()` raised.
    Result(u32),
    /// A call's `submit()`.
    Submit(u32, Refused),
}

/// Runs the main program on `main`, which is on CPU.
pub async fn run(run: &Run, main: &Thread, executor: &mut impl Executor) {
    run.print_before(main);
    main.lane.mark(Mark::PoolCreated);
    let program = Program { run, main };
    let raised = program.calls(executor).await;
    if !run.plan.workload.shuts_down() {
        // Leaving the `with` block waits, whether by an exception or not.
        executor.shutdown(true, false).await;
    }
    let raised = match raised {
        Ok(()) => program.after(executor).await,
        raised => raised,
    };
    match raised {
        Ok(()) => {}
        Err(Raised::Result(task)) => {
            main.lane.mark(Mark::PrintTraceback(task));
        }
        Err(Raised::Submit(task, refused)) => {
            main.lane.mark(Mark::Refused(task, refused));
        }
    }
    executor.join().await;
}

struct Program<'a> {
    run: &'a Run,
    main: &'a Thread,
}

impl Program<'_> {
    /// All within the `with` block.
    async fn calls(&self, executor: &mut impl Executor) -> Result<(), Raised> {
        let workload = &self.run.plan.workload;
        for task in (0..workload.submitted_first()).step_by(self.run.plan.chunksize() as usize) {
            executor.submit(task).await.map_err(|refused| Raised::Submit(task, refused))?;
            if workload.calls == Calls::SubmitAndWait {
                self.get(executor, task).await?;
            }
        }
        let mut line = workload.before.len() + workload.after.len();
        for step in &workload.then {
            match step {
                MainStep::Print(_) => {
                    self.main.lane.mark(Mark::PrintMain(line as u32));
                    line += 1;
                }
                MainStep::Sleep(seconds) => executor.sleep(self.run.plan.main_sleep(*seconds)).await,
                MainStep::Cancel(task) => {
                    let cancelled = executor.cancel(*task);
                    self.main.lane.mark(Mark::PrintCancel(*task, cancelled));
                }
                MainStep::Submit(task) => {
                    executor.submit(*task).await.map_err(|refused| Raised::Submit(*task, refused))?;
                }
                MainStep::Shutdown { wait, cancel_futures } => executor.shutdown(*wait, *cancel_futures).await,
            }
        }
        match (workload.calls, workload.results) {
            (Calls::Map, PrintResults::Each | PrintResults::List | PrintResults::ListThenEach) => {
                self.map(executor).await
            }
            (_, PrintResults::AsCompleted) => {
                for n in 0..workload.tasks.len() {
                    let task = executor.completed(n).await;
                    self.get(executor, task).await?;
                    self.main.lane.mark(Mark::PrintResult(task));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The results of `map`, in the order of the calls. The first exception cancels the calls that follow.
    async fn map(&self, executor: &mut impl Executor) -> Result<(), Raised> {
        for task in self.run.tasks() {
            let got = self.get(executor, task).await;
            if got.is_err() {
                for later in task..self.run.tasks().end {
                    executor.cancel(later);
                }
                return got;
            }
            if self.run.plan.workload.results == PrintResults::Each {
                self.main.lane.mark(Mark::PrintResult(task));
            }
        }
        Ok(())
    }

    /// All after the `with` block. Where futures were kept their results are asked for here.
    async fn after(&self, executor: &mut impl Executor) -> Result<(), Raised> {
        let workload = &self.run.plan.workload;
        self.run.print_after_lines(self.main);
        let futures = workload.calls == Calls::Submit;
        let (list, each) = (workload.prints_list(), workload.prints_each(self.run.plan.method));
        if list {
            if futures {
                for task in self.run.tasks() {
                    self.get(executor, task).await?;
                }
            }
            self.main.lane.mark(Mark::PrintList);
        }
        if each {
            for task in self.run.tasks() {
                if futures {
                    self.get(executor, task).await?;
                }
                self.main.lane.mark(Mark::PrintResult(task));
            }
        }
        Ok(())
    }

    async fn get(&self, executor: &mut impl Executor, task: u32) -> Result<(), Raised> {
        let outcome = executor.result(task).await;
        self.main.lane.mark(Mark::Got(task));
        if outcome.is_err() { Err(Raised::Result(task)) } else { Ok(()) }
    }
}

/// Runs a future that blocks its thread wherever it waits.
pub fn block_on(future: impl Future<Output = ()>) {
    let mut future = std::pin::pin!(future);
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    debug_assert_eq!(polled, Poll::Ready(()), "it waited without blocking");
}
