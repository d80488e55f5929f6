//! What the main program does beside printing: how it makes the calls, and what it does when they are made.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::request::{Checked, check_range, check_whole, wrong};
use super::{Exception, LONGEST_STEP, Method, PrintResults, Workload};

/// How the main program makes the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Calls {
    /// `executor.submit()` for each.
    #[default]
    Submit,
    /// `executor.submit().result()` for each: no call is made before the one before it has ended.
    SubmitAndWait,
    /// `executor.map()`: results come in the order of the calls.
    Map,
}

/// One thing that the main program does when it has made the calls, before it waits for all of them.
#[derive(Clone, Debug, PartialEq)]
pub enum MainStep {
    /// Print a line.
    Print(String),
    /// Block for so many seconds.
    Sleep(f64),
    /// Cancel this task's future, and print whether that could be done.
    Cancel(u32),
    /// Submit this task, which was not submitted with the others.
    Submit(u32),
    /// Shut the executor down.
    Shutdown {
        /// Whether that waits for the calls.
        wait: bool,
        /// Whether calls that have not begun are cancelled.
        cancel_futures: bool,
    },
}

/// Why an executor takes no more calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It was shut down.
    ShutDown,
    /// One of its processes died.
    Broken,
}

impl Refused {
    /// What `submit()` raises; CPython's words.
    #[must_use]
    pub fn exception(self) -> Exception {
        match self {
            Refused::ShutDown => Exception::new("RuntimeError", "cannot schedule new futures after shutdown"),
            Refused::Broken => Exception::new(
                "BrokenProcessPool",
                "A child process terminated abruptly, the process pool is not usable anymore",
            ),
        }
    }
}

impl Workload {
    /// How many tasks are submitted at first; those that follow, a step of the main program submits.
    #[must_use]
    pub fn submitted_first(&self) -> u32 {
        let later = self.then.iter().filter(|step| matches!(step, MainStep::Submit(_))).count();
        u32::try_from(self.tasks.len().saturating_sub(later)).unwrap_or(u32::MAX)
    }

    /// Whether a step of the main program shuts the executor down; else leaving the `with` block does.
    #[must_use]
    pub fn shuts_down(&self) -> bool {
        self.then.iter().any(|step| matches!(step, MainStep::Shutdown { .. }))
    }

    /// Whether the main program prints the list of all results.
    #[must_use]
    pub fn prints_list(&self) -> bool {
        matches!(self.results, PrintResults::List | PrintResults::ListThenEach)
    }

    /// Whether it prints each result, after all calls.
    #[must_use]
    pub fn prints_each(&self, method: Method) -> bool {
        matches!(self.results, PrintResults::Each | PrintResults::ListThenEach) && !self.prints_as_they_come(method)
    }

    /// Whether each result is printed as it comes, instead of after all calls. What stands for `map` under asyncio,
    /// `gather`, gives all results at once.
    #[must_use]
    pub fn prints_as_they_come(&self, method: Method) -> bool {
        let map = self.calls == Calls::Map && method != Method::Asyncio;
        self.results == PrintResults::AsCompleted || (map && self.results == PrintResults::Each)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RawMainStep {
    Print(String),
    Sleep(Json),
    Cancel(Json),
    Submit(Json),
    Shutdown(RawShutdown),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawShutdown {
    #[serde(default = "yes")]
    wait: bool,
    #[serde(default)]
    cancel_futures: bool,
}

fn yes() -> bool {
    true
}

/// The steps of the main program after its calls, of which there are `tasks`.
pub(super) fn check_then(place: &str, steps: Vec<RawMainStep>, tasks: usize) -> Checked<Vec<MainStep>> {
    let last = u32::try_from(tasks.saturating_sub(1)).unwrap_or(u32::MAX);
    let steps = steps.into_iter().enumerate().map(|(i, step)| {
        let place = format!("{place}[{i}]");
        Ok(match step {
            RawMainStep::Print(text) => MainStep::Print(text),
            RawMainStep::Sleep(json) => {
                MainStep::Sleep(check_range(&format!("{place}.sleep"), &json, 0.0..=LONGEST_STEP, "seconds")?)
            }
            RawMainStep::Cancel(json) => {
                MainStep::Cancel(check_whole(&format!("{place}.cancel"), &json, 0..=last, "as a task's number")?)
            }
            RawMainStep::Submit(json) => {
                MainStep::Submit(check_whole(&format!("{place}.submit"), &json, 0..=last, "as a task's number")?)
            }
            RawMainStep::Shutdown(RawShutdown { wait, cancel_futures }) => MainStep::Shutdown { wait, cancel_futures },
        })
    });
    steps.collect()
}

/// What cannot be asked for together.
pub(super) fn check_main(place: &str, workload: &Workload, chunksize: bool) -> Checked<()> {
    check_steps_together(place, workload)?;
    let Workload { calls, results, .. } = workload;
    if *results == PrintResults::AsCompleted && *calls != Calls::Submit {
        return wrong(
            format!("{place}.results"),
            "asCompleted needs futures to wait for; with it calls is submit, which it is without being said",
        );
    }
    let cancels = |step: &MainStep| matches!(step, MainStep::Shutdown { cancel_futures: true, .. });
    if *results == PrintResults::AsCompleted && workload.then.iter().any(cancels) {
        return wrong(
            format!("{place}.results"),
            "as_completed() never hears of futures that shutdown(cancel_futures=True) cancelled, and would wait for \
             ever; take each, list or no",
        );
    }
    if *calls == Calls::Map {
        check_map(place, workload)?;
    } else if chunksize {
        return wrong(format!("{place}.chunksize"), "only executor.map() has one; with it calls is map");
    }
    Ok(())
}

fn check_steps_together(place: &str, workload: &Workload) -> Checked<()> {
    let mut shut_down = false;
    let mut next = workload.submitted_first();
    for (i, step) in workload.then.iter().enumerate() {
        let place = format!("{place}.then[{i}]");
        match step {
            MainStep::Cancel(_) if workload.calls != Calls::Submit => {
                return wrong(format!("{place}.cancel"), "there is no future to cancel; with it calls is submit");
            }
            MainStep::Cancel(task) if *task >= next => {
                return wrong(
                    format!("{place}.cancel"),
                    format!("task {task} is not submitted before; cancel it later"),
                );
            }
            MainStep::Submit(_) if workload.calls != Calls::Submit => {
                return wrong(format!("{place}.submit"), "with it calls is submit, which it is without being said");
            }
            MainStep::Submit(task) if *task != next => {
                let problem =
                    format!("{task} is not allowed; tasks that are submitted later are the last, in order: {next}");
                return wrong(format!("{place}.submit"), problem);
            }
            MainStep::Submit(_) => next += 1,
            MainStep::Shutdown { .. } if shut_down => {
                return wrong(format!("{place}.shutdown"), "there are two; an executor is shut down once");
            }
            MainStep::Shutdown { .. } => shut_down = true,
            _ => {}
        }
    }
    Ok(())
}

/// `map` calls one function with positional arguments.
fn check_map(place: &str, workload: &Workload) -> Checked<()> {
    let first = &workload.tasks[0];
    for (i, task) in workload.tasks.iter().enumerate() {
        let place = format!("{place}.tasks[{i}]");
        if task.args.is_empty() || !task.kwargs.is_empty() {
            return wrong(format!("{place}.call"), "map needs positional arguments, and takes no others");
        }
        if (&task.function, &task.parameters) != (&first.function, &first.parameters) {
            let (name, other) = (&first.function, &task.function);
            return wrong(format!("{place}.call"), format!("map makes calls of one function, {name}; this is {other}"));
        }
        if task.steps != first.steps {
            return wrong(format!("{place}.steps"), "map makes calls of one function; these steps are another's");
        }
    }
    Ok(())
}
