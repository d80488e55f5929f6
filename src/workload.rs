//! What to run: tasks, their steps, and the settings of the executor. It knows no method and no browser.
//!
//! A [`Workload`] is what was asked for, in Python's terms (functions with parameters, seconds). A [`Plan`] is the same
//! made ready to run on this machine: times scaled, "50 ms of computing" turned into a number of primes to count.

mod compute;
mod main_program;
mod plan;
mod program;
mod request;
mod start_method;
mod value;

use serde::{Deserialize, Serialize};

pub use compute::{Calibration, Primes, count_primes, divisions};
pub use main_program::{Calls, MainStep, Refused};
pub use plan::{Op, Plan, PlannedTask};
pub use program::ProgramRequest;
pub use request::{Request, RequestError};
pub use start_method::StartMethod;
pub use value::{Exception, Outcome, Value};

/// The most workers that an executor may have here.
///
/// Each is a Web Worker, and browsers start 64 of them in about a second; more help nobody.
pub const MOST_WORKERS: u32 = 64;
/// The most tasks of one workload.
pub const MOST_TASKS: usize = 10_000;
/// The longest sleep or computation of one step, in seconds.
pub const LONGEST_STEP: f64 = 60.0;
/// The most steps of one task, repetitions written out.
pub const MOST_STEPS: usize = 1_000;
/// The largest `bytes` object of an argument or a result.
pub const MOST_BYTES: u32 = 64 << 20;

/// One of Python's ways of running code concurrently, as this program runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// No executor: one call after another.
    Sequential,
    /// `ThreadPoolExecutor` under one GIL.
    Threads,
    /// `ThreadPoolExecutor` on the free-threaded build: no GIL.
    ThreadsFree,
    /// `ProcessPoolExecutor`: a memory and a GIL each.
    Processes,
    /// Coroutines on one event loop.
    Asyncio,
    /// `InterpreterPoolExecutor`: one process, a GIL and objects of its own for each.
    Interpreters,
}

impl Method {
    /// All methods, in the order in which they are shown.
    pub const ALL: [Method; 6] = [
        Method::Sequential,
        Method::Threads,
        Method::ThreadsFree,
        Method::Processes,
        Method::Asyncio,
        Method::Interpreters,
    ];

    /// The name in requests, in the page's address and in files.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Method::Sequential => "sequential",
            Method::Threads => "threads",
            Method::ThreadsFree => "threads-free",
            Method::Processes => "processes",
            Method::Asyncio => "asyncio",
            Method::Interpreters => "interpreters",
        }
    }

    /// The method of that name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.id() == id)
    }

    /// What readers call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Method::Sequential => "sequential",
            Method::Threads => "threading (GIL)",
            Method::ThreadsFree => "threading (free-threaded)",
            Method::Processes => "multiprocessing",
            Method::Asyncio => "asyncio",
            Method::Interpreters => "subinterpreters",
        }
    }

    /// The module of Python's library that it stands for.
    #[must_use]
    pub fn module(self) -> &'static str {
        match self {
            Method::Sequential => "(none)",
            Method::Threads | Method::ThreadsFree => "threading",
            Method::Processes => "multiprocessing",
            Method::Asyncio => "asyncio",
            Method::Interpreters => "concurrent.interpreters",
        }
    }

    /// In what a run here differs from CPython's so much that a reader must know, with figures of CPython 3.14 on a
    /// two-core machine: recorded once, not measured here and now, and to be shown as such.
    #[must_use]
    pub fn caveat(self) -> Option<&'static str> {
        match self {
            Method::Processes => Some(
                "“Starting” is a Web Worker’s here, by every start method. In CPython 3.14 a process is ready after \
                 about 14 ms (forkserver, warm), 45 ms (spawn) or 2 ms (fork, a copy of its parent).",
            ),
            Method::Interpreters => Some(
                "An interpreter is a private copy of the program here, and there at once. CPython 3.14 takes about \
                 34 ms to start one.",
            ),
            _ => None,
        }
    }

    /// What a program writes where it names its executor.
    #[must_use]
    pub fn executor(self) -> &'static str {
        match self {
            Method::Sequential => "a plain loop",
            Method::Threads | Method::ThreadsFree => "ThreadPoolExecutor",
            Method::Processes => "ProcessPoolExecutor",
            Method::Asyncio => "asyncio.gather",
            Method::Interpreters => "InterpreterPoolExecutor",
        }
    }
}

/// What to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// A name for people.
    pub name: String,
    /// The function that holds the main program's part, for the Python source.
    pub entry: String,
    /// Lines that the main program prints before it submits. `{executor}` is the executor's name.
    pub before: Vec<String>,
    /// The calls, in the order in which they are submitted.
    pub tasks: Vec<Task>,
    /// How the main program makes them.
    pub calls: Calls,
    /// How many calls `map` hands to a process at once; only `map` over processes heeds it.
    pub chunksize: u32,
    /// What the main program does when it has made them, before it waits for all of them.
    pub then: Vec<MainStep>,
    /// Lines that the main program prints when all tasks are done.
    pub after: Vec<String>,
    /// What the main program prints of the results, after those lines.
    pub results: PrintResults,
    /// The executor's `max_workers`; without it, what CPython takes by default.
    pub max_workers: Option<u32>,
    /// How a process pool starts its processes; without it, Python's default on Linux.
    pub start_method: Option<StartMethod>,
    /// Under asyncio the functions block, and run by `asyncio.to_thread`.
    pub to_thread: bool,
    /// How the Python source writes the calls down.
    pub style: Style,
}

/// What the main program prints of the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PrintResults {
    /// Nothing.
    #[default]
    No,
    /// Each on a line of its own.
    Each,
    /// All as one list.
    List,
    /// The list, then each on a line of its own.
    ListThenEach,
    /// Each when it is there, in the order in which the calls end.
    AsCompleted,
}

/// How the Python source writes the calls down; nothing else depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A `submit` for each call.
    OneByOne,
    /// A loop over a list: of single values, of tuples (`*`) or of dicts (`**`), as the calls have it.
    #[default]
    Loop,
}

/// One call: the unit of work that an executor runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The function's name.
    pub function: String,
    /// The names of its parameters, as its steps use them.
    pub parameters: Vec<String>,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Keyword arguments, in order.
    pub kwargs: Vec<(String, Value)>,
    /// What the function does.
    pub steps: Vec<Step>,
}

/// One thing that a function does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Print a line. `{name}` is the argument of that parameter, `{pid}` the process's number.
    Print(String),
    /// Block for so many seconds, as I/O does.
    Sleep(Seconds),
    /// Compute.
    Compute(Work),
    /// Do these steps so many times.
    Repeat(u32, Vec<Step>),
    /// Return a value; nothing follows.
    Return(Value),
    /// Return the argument of one parameter, or a tuple of several; nothing follows.
    ReturnParameters(Vec<String>),
    /// Return what the last computation counted; nothing follows.
    ReturnCount,
    /// Raise an exception; nothing follows.
    Raise(Exception),
    /// End the process with this code, by `os._exit()`; nothing follows.
    Exit(u8),
}

/// A time to sleep.
#[derive(Clone, Debug, PartialEq)]
pub enum Seconds {
    /// So many seconds.
    Fixed(f64),
    /// As many seconds as the argument of this parameter says.
    Parameter(String),
}

/// How much to compute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// As much as takes so many seconds alone on this machine.
    Seconds(f64),
    /// Count the primes below this number.
    PrimesBelow(u32),
}

impl Task {
    /// The call as Python writes it: `io_bound_function('a', key=1)`.
    #[must_use]
    pub fn label(&self) -> String {
        let args = self.args.iter().map(Value::repr);
        let kwargs = self.kwargs.iter().map(|(name, value)| format!("{name}={}", value.repr()));
        format!("{}({})", self.function, args.chain(kwargs).collect::<Vec<_>>().join(", "))
    }

    /// The argument of a parameter.
    #[must_use]
    pub fn argument(&self, parameter: &str) -> Option<&Value> {
        let by_place = self.parameters.iter().position(|name| name == parameter).and_then(|place| self.args.get(place));
        by_place.or_else(|| self.kwargs.iter().find(|(name, _)| name == parameter).map(|(_, value)| value))
    }
}
