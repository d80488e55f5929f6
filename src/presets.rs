//! The examples of the guide, as workloads. Names of functions and variables are those of the notes they come from.
//! Striking behaviours are programs, in a file of their own.

mod programs;

pub use programs::{PROGRAMS, Program, program};

use crate::workload::{Calls, Method, PrintResults, Seconds, Step, Style, Task, Value, Work, Workload};

/// An example that a reader can choose.
#[derive(Clone, Debug)]
pub struct Example {
    /// The name in requests and in the page's address.
    pub id: &'static str,
    /// What readers see in the list.
    pub title: &'static str,
    /// One sentence: what it is, and what to look at.
    pub about: &'static str,
    /// The method that the guide shows it with.
    pub home: Method,
    /// What it runs.
    pub workload: Workload,
}

/// All examples, in the guide's order.
#[must_use]
pub fn examples() -> Vec<Example> {
    vec![
        threads_simple(),
        threads_list(),
        threads_kwargs(),
        processes_three(),
        processes_ten_on_five(),
        processes_context(),
        processes_args(),
        processes_kwargs(),
        asyncio_gather(),
        asyncio_cpu_hog(),
        asyncio_to_thread(),
        interpreters_three(),
        interpreters_ten_on_five(),
        cpu_four(),
        mixed_eight(),
    ]
}

/// The example of that id.
#[must_use]
pub fn example(id: &str) -> Option<Example> {
    examples().into_iter().find(|example| example.id == id)
}

/// A function of the examples, to be called with arguments.
struct Function {
    name: &'static str,
    parameters: &'static [&'static str],
    steps: Vec<Step>,
}

impl Function {
    fn call(&self, args: &[Value]) -> Task {
        Task {
            function: self.name.to_owned(),
            parameters: self.parameters.iter().map(|&name| name.to_owned()).collect(),
            args: args.to_vec(),
            kwargs: Vec::new(),
            steps: self.steps.clone(),
        }
    }

    fn call_with_names(&self, args: &[Value]) -> Task {
        let mut task = self.call(&[]);
        task.kwargs = task.parameters.iter().cloned().zip(args.iter().cloned()).collect();
        task
    }

    /// One call for each argument.
    fn each(&self, args: impl IntoIterator<Item = Value>) -> Vec<Task> {
        args.into_iter().map(|arg| self.call(&[arg])).collect()
    }
}

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

fn letters() -> Vec<Value> {
    ["a", "b", "c"].map(text).to_vec()
}

fn numbers(count: i64) -> Vec<Value> {
    (1..=count).map(Value::Int).collect()
}

fn print(text: &str) -> Step {
    Step::Print(text.to_owned())
}

fn sleep(seconds: f64) -> Step {
    Step::Sleep(Seconds::Fixed(seconds))
}

/// The guide's function: says that it was called, waits for 3 seconds, says that it ended, returns its argument.
fn io_bound_function() -> Function {
    Function {
        name: "io_bound_function",
        parameters: &["parameter"],
        steps: vec![
            print("io_bound_function called with argument {parameter}"),
            sleep(3.0),
            print("io_bound_function with argument {parameter} ended"),
            Step::ReturnParameters(vec!["parameter".to_owned()]),
        ],
    }
}

fn io_bound_function_with_pid() -> Function {
    let mut function = io_bound_function();
    function.steps[0] = print("io_bound_function called with argument {parameter} using PID {pid}");
    function.steps[2] = print("io_bound_function with argument {parameter} using PID {pid} ended");
    function
}

fn io_bound_function_of_two(lines: [&str; 2]) -> Function {
    Function {
        name: "io_bound_function",
        parameters: &["parameter_1", "parameter_2"],
        steps: vec![
            print(lines[0]),
            sleep(3.0),
            print(lines[1]),
            Step::ReturnParameters(vec!["parameter_1".to_owned(), "parameter_2".to_owned()]),
        ],
    }
}

fn two_with_pid() -> Function {
    io_bound_function_of_two([
        "io_bound_function called with arguments {parameter_1} and {parameter_2} using PID {pid}",
        "io_bound_function with arguments {parameter_1} and {parameter_2} using PID {pid} ended",
    ])
}

fn workload(name: &str, entry: &str, max_workers: u32, tasks: Vec<Task>) -> Workload {
    Workload {
        name: name.to_owned(),
        entry: entry.to_owned(),
        before: Vec::new(),
        tasks,
        calls: Calls::Submit,
        chunksize: 1,
        then: Vec::new(),
        after: Vec::new(),
        results: PrintResults::No,
        max_workers: Some(max_workers),
        start_method: None,
        to_thread: false,
        style: Style::Loop,
    }
}

const STARTING: &str = "Starting {executor}";
const DONE: &str = "Done threading the io_bound_function";

fn threads_simple() -> Example {
    Example {
        id: "threads-simple",
        title: "Three threads that sleep",
        about: "Three calls that wait for 3 seconds each: with threads all three wait at once.",
        home: Method::Threads,
        workload: Workload {
            before: vec![STARTING.to_owned()],
            after: vec!["All tasks complete".to_owned()],
            style: Style::OneByOne,
            ..workload("threads-simple", "example_simple", 3, io_bound_function().each(letters()))
        },
    }
}

fn threads_list() -> Example {
    Example {
        id: "threads-list",
        title: "Threads from a list, results kept",
        about: "The futures are kept: their results come in the order of submission, however the calls ended.",
        home: Method::Threads,
        workload: Workload {
            before: vec![STARTING.to_owned()],
            after: vec![DONE.to_owned()],
            results: PrintResults::Each,
            ..workload("threads-list", "example_threadpool", 3, io_bound_function().each(letters()))
        },
    }
}

fn threads_kwargs() -> Example {
    let function = io_bound_function_of_two([
        "io_bound_function called with arguments {parameter_1} and {parameter_2}",
        "io_bound_function with arguments {parameter_1} and {parameter_2} ended",
    ]);
    let tasks = [[1, 2], [3, 4]].map(|pair| function.call_with_names(&pair.map(Value::Int)));
    Example {
        id: "threads-kwargs",
        title: "Threads with keyword arguments",
        about: "Two parameters from dicts, passed with **; two calls start two threads, though three are allowed.",
        home: Method::Threads,
        workload: Workload {
            before: vec![STARTING.to_owned()],
            after: vec![DONE.to_owned()],
            results: PrintResults::Each,
            ..workload("threads-kwargs", "example_threadpool", 3, tasks.to_vec())
        },
    }
}

fn processes_three() -> Example {
    Example {
        id: "processes-three",
        title: "Three processes that sleep",
        about: "Each line names the process that printed it: one number with threads, three with processes.",
        home: Method::Processes,
        workload: Workload {
            style: Style::OneByOne,
            ..workload("processes-three", "example_process_pool", 3, io_bound_function_with_pid().each(letters()))
        },
    }
}

fn processes_ten_on_five() -> Example {
    let tasks = io_bound_function_with_pid().each(numbers(10));
    Example {
        id: "processes-ten-on-five",
        title: "Ten calls on five processes",
        about: "Five workers take five calls at once: ten calls come in two waves.",
        home: Method::Processes,
        workload: Workload {
            results: PrintResults::ListThenEach,
            ..workload("processes-ten-on-five", "example_process_pool", 5, tasks)
        },
    }
}

fn processes_context() -> Example {
    let function = two_with_pid();
    let tasks = letters().into_iter().map(|letter| function.call(&[letter.clone(), letter])).collect();
    Example {
        id: "processes-context",
        title: "Processes, two positional arguments",
        about: "Three calls on a pool that may have ten workers: only as many start as there is work for.",
        home: Method::Processes,
        workload: Workload {
            style: Style::OneByOne,
            ..workload("processes-context", "example_process_pool_simple", 10, tasks)
        },
    }
}

fn processes_args() -> Example {
    let function = two_with_pid();
    let tasks = [["a", "b"], ["c", "d"], ["e", "f"]].map(|pair| function.call(&pair.map(text)));
    Example {
        id: "processes-args",
        title: "Processes, arguments from tuples",
        about: "A list of tuples, each unpacked with * into one call.",
        home: Method::Processes,
        workload: workload("processes-args", "example_process_pool_args", 10, tasks.to_vec()),
    }
}

fn processes_kwargs() -> Example {
    let function = two_with_pid();
    let tasks = [[1, 2], [3, 4]].map(|pair| function.call_with_names(&pair.map(Value::Int)));
    Example {
        id: "processes-kwargs",
        title: "Processes, arguments from dicts",
        about: "Dicts unpacked with **; the results are copies that crossed from another process.",
        home: Method::Processes,
        workload: Workload {
            results: PrintResults::Each,
            ..workload("processes-kwargs", "example_process_pool_args_unpacked", 10, tasks.to_vec())
        },
    }
}

fn asyncio_gather() -> Example {
    Example {
        id: "asyncio-gather",
        title: "Three coroutines that sleep",
        about: "One thread, three waits at once: a coroutine that awaits lets the others run.",
        home: Method::Asyncio,
        workload: Workload {
            results: PrintResults::List,
            ..workload("asyncio-gather", "example_gather", 3, io_bound_function().each(letters()))
        },
    }
}

fn asyncio_cpu_hog() -> Example {
    let ticker = Function {
        name: "ticker",
        parameters: &["name", "interval"],
        steps: vec![Step::Repeat(
            4,
            vec![Step::Sleep(Seconds::Parameter("interval".to_owned())), print("ticker {name} ticks")],
        )],
    };
    let hog = Function {
        name: "hog",
        parameters: &[],
        steps: vec![
            sleep(0.3),
            print("hog computes"),
            Step::Compute(Work::Seconds(1.0)),
            print("hog is done"),
            Step::ReturnCount,
        ],
    };
    let tickers = [(0, 0.2), (1, 0.21), (2, 0.22)];
    let mut tasks = tickers.map(|(name, interval)| ticker.call(&[Value::Int(name), Value::Float(interval)])).to_vec();
    tasks.push(hog.call(&[]));
    Example {
        id: "asyncio-cpu-hog",
        title: "One coroutine hogs the loop",
        about: "While one coroutine computes for a second, three tickers are due and none can run: nobody else has the thread.",
        home: Method::Asyncio,
        workload: Workload { style: Style::OneByOne, ..workload("asyncio-cpu-hog", "example_cpu_hog", 4, tasks) },
    }
}

fn asyncio_to_thread() -> Example {
    Example {
        id: "asyncio-to-thread",
        title: "Blocking calls beside the loop",
        about: "time.sleep would block the event loop; asyncio.to_thread hands each call to a thread and awaits it.",
        home: Method::Asyncio,
        workload: Workload {
            to_thread: true,
            results: PrintResults::List,
            ..workload("asyncio-to-thread", "example_to_thread", 3, io_bound_function().each(letters()))
        },
    }
}

fn interpreters_three() -> Example {
    Example {
        id: "interpreters-three",
        title: "Three subinterpreters that sleep",
        about: "One process, one thread each, and a GIL each: nobody waits for anybody's lock.",
        home: Method::Interpreters,
        workload: Workload {
            before: vec![STARTING.to_owned()],
            after: vec!["All tasks complete".to_owned()],
            style: Style::OneByOne,
            ..workload("interpreters-three", "example_interpreters", 3, io_bound_function().each(letters()))
        },
    }
}

fn interpreters_ten_on_five() -> Example {
    Example {
        id: "interpreters-ten-on-five",
        title: "Ten calls on five subinterpreters",
        about: "The two waves of five, within one process.",
        home: Method::Interpreters,
        workload: Workload {
            results: PrintResults::List,
            ..workload("interpreters-ten-on-five", "example_interpreters", 5, io_bound_function().each(numbers(10)))
        },
    }
}

fn cpu_four() -> Example {
    let function = Function {
        name: "cpu_bound_function",
        parameters: &["parameter"],
        steps: vec![
            print("cpu_bound_function called with argument {parameter}"),
            Step::Compute(Work::Seconds(0.4)),
            print("cpu_bound_function with argument {parameter} ended"),
            Step::ReturnCount,
        ],
    };
    Example {
        id: "cpu-four",
        title: "Four calls that compute",
        about: "What the GIL does: four threads take as long as none, four processes do not.",
        home: Method::Threads,
        workload: Workload {
            results: PrintResults::List,
            ..workload("cpu-four", "example_cpu", 4, function.each((0..4).map(Value::Int)))
        },
    }
}

fn mixed_eight() -> Example {
    let function = Function {
        name: "mixed_function",
        parameters: &["parameter"],
        steps: vec![sleep(0.1), Step::Compute(Work::Seconds(0.05)), Step::ReturnCount],
    };
    Example {
        id: "mixed-eight",
        title: "Eight calls that wait, then compute",
        about: "100 ms of waiting and 50 ms of computing: the waits overlap with threads, the computing does not.",
        home: Method::Threads,
        workload: Workload {
            results: PrintResults::List,
            ..workload("mixed-eight", "example_mixed", 4, function.each((0..8).map(Value::Int)))
        },
    }
}
