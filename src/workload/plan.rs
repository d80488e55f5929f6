//! A workload made ready for this machine: times scaled, computing turned into a number, parameters bound.
//!
//! What a lane does in the timed part needs no text, no look-up and no allocation any more.

use std::time::Duration;

use super::{
    Calibration, Calls, Exception, MainStep, Method, Outcome, Request, Seconds, StartMethod, Step, Task, Value, Work,
    Workload,
};

/// A run, ready.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked for.
    pub workload: Workload,
    /// How it is run.
    pub method: Method,
    /// The executor's `max_workers`.
    pub max_workers: u32,
    /// How a process pool starts its processes.
    pub start_method: StartMethod,
    /// How long a thread waits for the GIL before it asks for it.
    pub switch_interval: Duration,
    /// By how much sleeps are shortened.
    pub scale: f64,
    /// The tasks, in the order of submission.
    pub tasks: Vec<PlannedTask>,
    calibration: Calibration,
}

/// One call, bound to its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTask {
    /// The call as Python writes it.
    pub label: String,
    /// What it does.
    pub ops: Vec<Op>,
}

/// A step, bound.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Print the task's line of this number.
    Print(u32),
    /// Block for so long.
    Sleep(Duration),
    /// Count the primes below this.
    Compute(u32),
    /// End with this.
    End(Outcome),
    /// Return what the last computation counted.
    ReturnCount,
    /// End the process with this code.
    Exit(u8),
}

/// A sleep of this length or more is shortened to a tenth unless the request says otherwise.
const LONG_SLEEP: f64 = 1.0;
/// To how much.
const SHORTENED: f64 = 0.1;

impl Plan {
    /// Makes a request ready for a machine with `cores` cores that computes as fast as `calibration` says.
    #[must_use]
    pub fn new(request: &Request, cores: u32, calibration: Calibration) -> Plan {
        let workload = request.workload.clone();
        let scale = request.scale.unwrap_or_else(|| default_scale(&workload));
        let max_workers = match request.method {
            Method::Sequential => 1,
            // asyncio.to_thread always uses the loop's default executor.
            Method::Asyncio => default_threads(cores),
            Method::Processes => request.max_workers.or(workload.max_workers).unwrap_or(cores.max(1)),
            _ => request.max_workers.or(workload.max_workers).unwrap_or_else(|| default_threads(cores)),
        };
        let mut plan = Plan {
            method: request.method,
            max_workers: max_workers.min(super::MOST_WORKERS),
            start_method: request.start_method.or(workload.start_method).unwrap_or_default(),
            switch_interval: request.switch_interval,
            scale,
            tasks: Vec::new(),
            workload,
            calibration,
        };
        plan.tasks =
            plan.workload.tasks.iter().map(|task| plan.bind(task, task.args.clone(), task.kwargs.clone())).collect();
        plan
    }

    /// What another process or interpreter has of the plan: its functions, and none of the arguments.
    #[must_use]
    pub fn module(&self) -> Plan {
        let function = |task: &Task| Task {
            function: task.function.clone(),
            parameters: task.parameters.clone(),
            args: Vec::new(),
            kwargs: Vec::new(),
            steps: task.steps.clone(),
        };
        let (name, entry) = (self.workload.name.clone(), self.workload.entry.clone());
        let (before, after, then) = (Vec::new(), Vec::new(), Vec::new());
        let tasks = self.workload.tasks.iter().map(function).collect();
        let workload = Workload { name, entry, before, after, then, tasks, ..self.workload };
        Plan { workload, tasks: Vec::new(), ..*self }
    }

    /// Binds a function to arguments, as a call does: the function is looked up by `task`, the arguments came from
    /// where the call was made.
    #[must_use]
    pub fn bind(&self, task: &Task, args: Vec<Value>, kwargs: Vec<(String, Value)>) -> PlannedTask {
        let (function, parameters) = (task.function.clone(), task.parameters.clone());
        let call = Task { function, parameters, args, kwargs, steps: Vec::new() };
        let mut ops = Vec::new();
        let mut line = 0;
        self.bind_steps(&task.steps, &call, &mut line, &mut ops);
        PlannedTask { label: call.label(), ops }
    }

    fn bind_steps(&self, steps: &[Step], call: &Task, line: &mut u32, ops: &mut Vec<Op>) {
        for step in steps {
            ops.push(match step {
                Step::Print(_) => {
                    *line += 1;
                    Op::Print(*line - 1)
                }
                Step::Sleep(seconds) => {
                    let seconds = match seconds {
                        Seconds::Fixed(seconds) => *seconds,
                        Seconds::Parameter(name) => call.argument(name).and_then(Value::number).unwrap_or(0.0),
                    };
                    Op::Sleep(Duration::try_from_secs_f64(seconds * self.scale).unwrap_or_default())
                }
                Step::Compute(Work::Seconds(seconds)) => Op::Compute(self.calibration.primes_for(*seconds)),
                Step::Compute(Work::PrimesBelow(n)) => Op::Compute(*n),
                Step::Repeat(times, steps) => {
                    for _ in 0..*times {
                        self.bind_steps(steps, call, line, ops);
                    }
                    continue;
                }
                Step::Return(value) => Op::End(Ok(value.clone())),
                Step::ReturnParameters(names) => {
                    let mut values: Vec<_> =
                        names.iter().map(|name| call.argument(name).cloned().unwrap_or(Value::None)).collect();
                    let value = if values.len() == 1 { values.swap_remove(0) } else { Value::Tuple(values) };
                    Op::End(Ok(value))
                }
                Step::ReturnCount => Op::ReturnCount,
                Step::Raise(exception) => Op::End(Err(exception.clone())),
                Step::Exit(code) => Op::Exit(*code),
            });
        }
    }

    /// The text of a task's line of this number, printed in the process `pid`.
    #[must_use]
    pub fn printed(&self, task: u32, line: u32, pid: u32) -> String {
        let Some(task) = self.workload.tasks.get(task as usize) else { return String::new() };
        let mut lines = line;
        match nth_print(&task.steps, &mut lines) {
            Some(text) => fill(text, |name| match name {
                "pid" => Some(pid.to_string()),
                name => task.argument(name).map(Value::str),
            }),
            None => String::new(),
        }
    }

    /// The main program's line of this number: first those before its calls, then those after them, then those of the
    /// steps in between.
    #[must_use]
    pub fn main_line(&self, line: u32) -> String {
        let then = self.workload.then.iter().filter_map(|step| match step {
            MainStep::Print(text) => Some(text),
            _ => None,
        });
        let text = self.workload.before.iter().chain(&self.workload.after).chain(then).nth(line as usize);
        let executor = |name: &str| (name == "executor").then(|| self.method.executor().to_owned());
        text.map_or_else(String::new, |text| fill(text, executor))
    }

    /// Whether asyncio runs the calls in threads.
    #[must_use]
    pub fn to_thread(&self) -> bool {
        self.method == Method::Asyncio && self.workload.to_thread
    }

    /// How many workers the executor comes to have at the most: no more than there are calls, if it starts them on
    /// demand.
    #[must_use]
    pub fn most_workers(&self) -> u32 {
        if self.method == Method::Processes && self.start_method == StartMethod::Fork {
            return self.max_workers;
        }
        self.max_workers
            .min(u32::try_from(self.workload.tasks.len().div_ceil(self.chunksize() as usize)).unwrap_or(u32::MAX))
    }

    /// How long the main program sleeps when it sleeps so many seconds.
    #[must_use]
    pub fn main_sleep(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds * self.scale).unwrap_or_default()
    }

    /// How many calls go to a worker at once.
    #[must_use]
    pub fn chunksize(&self) -> u32 {
        match (self.method, self.workload.calls) {
            (Method::Processes, Calls::Map) => self.workload.chunksize.max(1),
            _ => 1,
        }
    }

    /// The primes that a computation of `seconds` counts on this machine.
    #[must_use]
    pub fn primes_for(&self, seconds: f64) -> u32 {
        self.calibration.primes_for(seconds)
    }
}

impl Op {
    /// What a call without a `return` ends with.
    pub const NOTHING: Outcome = Ok(Value::None);

    /// What a broken pool gives its futures.
    pub fn broken(message: &str) -> Outcome {
        Err(Exception::new("BrokenProcessPool", message))
    }
}

/// `min(32, (os.process_cpu_count() or 1) + 4)`, as ThreadPoolExecutor takes it.
fn default_threads(cores: u32) -> u32 {
    (cores.max(1) + 4).min(32)
}

fn default_scale(workload: &Workload) -> f64 {
    let main = |step: &MainStep| matches!(step, MainStep::Sleep(seconds) if *seconds >= LONG_SLEEP);
    let long = workload.tasks.iter().any(|task| has_long_sleep(&task.steps, task)) || workload.then.iter().any(main);
    if long { SHORTENED } else { 1.0 }
}

fn has_long_sleep(steps: &[Step], task: &Task) -> bool {
    steps.iter().any(|step| match step {
        Step::Sleep(Seconds::Fixed(seconds)) => *seconds >= LONG_SLEEP,
        Step::Sleep(Seconds::Parameter(name)) => {
            task.argument(name).and_then(Value::number).is_some_and(|seconds| seconds >= LONG_SLEEP)
        }
        Step::Repeat(_, steps) => has_long_sleep(steps, task),
        _ => false,
    })
}

fn nth_print<'a>(steps: &'a [Step], line: &mut u32) -> Option<&'a str> {
    for step in steps {
        match step {
            Step::Print(text) if *line == 0 => return Some(text),
            Step::Print(_) => *line -= 1,
            Step::Repeat(times, steps) => {
                for _ in 0..*times {
                    if let Some(text) = nth_print(steps, line) {
                        return Some(text);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// Fills `{name}`, as an f-string does; a name that is not known stays as it is.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}').and_then(|(name, after)| Some((value(name)?, after))) {
            Some((value, after)) => {
                filled.push_str(&value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}
