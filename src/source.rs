//! The Python program that a run stands for: written as its author would write it, for CPython 3.14. It knows no
//! machine, no clock and no record; what it is given is a workload and a method.
//!
//! Names are those of the workload, unless Python or the program itself needs them: then they get a `_` at their end.
//! A function that does different things under one name becomes several, `_2` and `_3` at their ends.

mod calls;
mod function;
mod layout;
mod main_program;
mod names;
mod text;

use std::collections::HashMap;

use crate::workload::{Calibration, MainStep, Method, PrintResults, Task, Work, Workload};
use function::Definition;
use layout::{Between, Node, Page};
use names::Names;

/// How fast CPython counts primes by the program's `count_primes`, in divisions a second.
///
/// Measured on one two-core machine with `n` from 20,000 to 200,000: 33 million in 3.11, 31 in 3.12, 28 in 3.13. It
/// only has to be right enough for "about".
const CPYTHON: Calibration = Calibration { divisions_per_second: 30e6 };

/// The function that the steps which compute call; the same algorithm as [`crate::workload::count_primes`].
const COUNT_PRIMES: &str = r#"def count_primes(n):
    """Count the primes below n by trial division."""
    count = 1 if n > 2 else 0  # 2 is the only even prime
    for candidate in range(3, n, 2):
        divisor = 3
        while divisor * divisor <= candidate:
            if candidate % divisor == 0:
                break
            divisor += 2
        else:
            count += 1
    return count
"#;

/// The Python program that a run of this workload by this method stands for.
///
/// It does not depend on anything else: the same workload and method always give the same text. A request's own
/// `max_workers` is not in the workload; whoever wants it in the program puts it there first.
#[must_use]
pub fn python(workload: &Workload, method: Method) -> String {
    let mut program = Program::new(workload, method);
    let mut page = Page::default();
    program.entry(&mut page);
    program.guard(&mut page);
    program.head() + &page.into_text()
}

/// A program while it is written.
struct Program<'a> {
    workload: &'a Workload,
    method: Method,
    /// Names of the module, and those of them that functions' bodies use.
    names: Names,
    body_names: Names,
    /// The constant for each duration of computing, by the bits of its seconds; and what to count, in that order.
    constants: HashMap<u64, usize>,
    counted: Vec<(String, f64)>,
    /// What stands for each exception class; and those that must be defined.
    exceptions: HashMap<&'a str, String>,
    classes: Vec<String>,
    /// What is imported and defined because something uses it.
    uses: Uses,
    /// Definitions, in the order of their first call.
    functions: Vec<(String, Definition)>,
    /// For each task its function.
    called: Vec<usize>,
    /// The main program's function, the variable that keeps the calls, and the one that is the executor.
    entry: String,
    kept: String,
    executor: String,
}

/// What the functions use.
#[derive(Default)]
struct Uses {
    time: bool,
    getpid: bool,
    exit: bool,
    count_primes: bool,
}

impl<'a> Program<'a> {
    fn new(workload: &'a Workload, method: Method) -> Program<'a> {
        let mut program = Program {
            workload,
            method,
            names: Names::of_a_module(),
            body_names: Names::default(),
            constants: HashMap::new(),
            counted: Vec::new(),
            exceptions: HashMap::new(),
            classes: Vec::new(),
            uses: Uses::default(),
            functions: Vec::new(),
            called: Vec::new(),
            entry: String::new(),
            kept: String::new(),
            executor: String::new(),
        };
        // First those names that the functions' bodies use, so that no parameter takes one of them.
        for task in &workload.tasks {
            program.name_constants_and_exceptions(&function::tidy(&task.steps));
        }
        program.name_constants();
        program.body_names = program.names.clone();
        program.define_functions();
        program.entry = program.names.take(&workload.entry);
        let sleeps = workload.then.iter().any(|step| matches!(step, MainStep::Sleep(_)));
        program.uses.time |= sleeps && method != Method::Asyncio;
        program
    }

    fn name_constants_and_exceptions(&mut self, doings: &[function::Doing<'a>]) {
        use crate::workload::Step;
        use function::Doing;
        for doing in doings {
            match doing {
                Doing::Loop(_, doings) => self.name_constants_and_exceptions(doings),
                Doing::Step(Step::Compute(Work::Seconds(seconds))) => {
                    let next = self.counted.len();
                    if *self.constants.entry(seconds.to_bits()).or_insert(next) == next {
                        self.counted.push((String::new(), *seconds));
                    }
                }
                Doing::Step(Step::Raise(exception)) => {
                    if self.exceptions.contains_key(exception.class.as_str()) {
                        continue;
                    }
                    let mut name = exception.class.clone();
                    if !names::is_builtin_exception(&name) {
                        name = self.names.take(&name);
                        self.classes.push(name.clone());
                    }
                    self.exceptions.insert(&exception.class, name);
                }
                Doing::Step(_) => {}
            }
        }
    }

    fn name_constants(&mut self) {
        let single = self.counted.len() == 1;
        for (number, (name, _)) in (1..).zip(&mut self.counted) {
            *name = self.names.take(&if single { "N".to_owned() } else { format!("N_{number}") });
        }
    }

    fn constant(&self, seconds: f64) -> &str {
        self.constants.get(&seconds.to_bits()).map_or("", |&number| &self.counted[number].0)
    }

    fn exception(&self, class: &str) -> &str {
        self.exceptions.get(class).map_or("Exception", String::as_str)
    }

    /// Under asyncio the functions are coroutines, unless threads run them.
    fn coroutines(&self) -> bool {
        self.method == Method::Asyncio && !self.workload.to_thread
    }

    /// How a function sleeps.
    fn sleep_function(&self) -> &'static str {
        if self.coroutines() { "await asyncio.sleep" } else { "time.sleep" }
    }

    /// What the program calls a task's parameters.
    fn parameters(&self, task: &Task) -> Vec<String> {
        self.body_names.parameters(&task.parameters)
    }

    /// What the program calls a task's keyword arguments: they are for the parameters after the positional ones.
    fn keywords(&self, task: &Task) -> Vec<String> {
        // Of two with one name the later stays in the map.
        let names: HashMap<_, _> = task.parameters.iter().zip(self.parameters(task)).collect();
        task.kwargs.iter().map(|(name, _)| names.get(name).unwrap_or(name).clone()).collect()
    }

    /// A loop's variable.
    fn variable(&self, wanted: &str) -> String {
        if wanted == "_" { wanted.to_owned() } else { self.names.free(wanted) }
    }

    fn define_functions(&mut self) {
        let mut known: HashMap<(&str, Definition), usize> = HashMap::new();
        let mut variants: HashMap<&str, (String, u32)> = HashMap::new();
        for task in &self.workload.tasks {
            let definition = function::definition(self, task);
            let next = self.functions.len();
            let number = *known.entry((&task.function, definition.clone())).or_insert(next);
            if number == next {
                let name = match variants.get_mut(task.function.as_str()) {
                    None => {
                        let name = self.names.take(&task.function);
                        variants.insert(&task.function, (name.clone(), 1));
                        name
                    }
                    Some((first, variant)) => {
                        *variant += 1;
                        self.names.take(&format!("{first}_{variant}"))
                    }
                };
                self.functions.push((name, definition));
            }
            self.called.push(number);
        }
    }

    /// Everything above the entry.
    fn head(&self) -> String {
        let mut head = match self.method {
            Method::ThreadsFree => {
                "# Run: python3.14t example.py (the free-threaded build, without a GIL)\n".to_owned()
            }
            _ => "# Run: python3.14 example.py\n".to_owned(),
        };
        let executor = match self.method {
            Method::Sequential | Method::Asyncio => None,
            method if self.workload.results == PrintResults::AsCompleted => {
                Some(format!("from concurrent.futures import {}, as_completed", method.executor()))
            }
            method => Some(format!("from concurrent.futures import {}", method.executor())),
        };
        let imports = [
            (self.method == Method::Asyncio).then(|| "import asyncio".to_owned()),
            self.uses.time.then(|| "import time".to_owned()),
            executor,
            self.start_method().map(|_| "from multiprocessing import get_context".to_owned()),
            from_os(&self.uses),
        ];
        let imports: Vec<_> = imports.into_iter().flatten().collect();
        if !imports.is_empty() {
            head += &format!("\n{}\n", imports.join("\n"));
        }
        if !self.counted.is_empty() {
            head += "\n# How far to count: adjust it to your machine.\n";
        }
        for (name, seconds) in &self.counted {
            let n = two_digits(CPYTHON.primes_for(*seconds));
            head += &format!("{name} = {}  # takes about {seconds} s in CPython\n", text::grouped(n));
        }
        for name in &self.classes {
            head += &format!("\n\nclass {name}(Exception):\n    pass\n");
        }
        if self.uses.count_primes {
            head += &format!("\n\n{COUNT_PRIMES}");
        }
        for (name, Definition { parameters, body }) in &self.functions {
            let lead = if self.coroutines() { "async def " } else { "def " };
            let parameters = parameters.iter().map(Node::text).collect();
            let mut page = Page::default();
            page.node(0, lead, &Node::group(format!("{name}("), parameters, ")", Between::Commas), ":");
            head += &format!("\n\n{}{body}", page.into_text());
        }
        head + "\n\n"
    }
}

fn from_os(uses: &Uses) -> Option<String> {
    let names = [uses.exit.then_some("_exit"), uses.getpid.then_some("getpid")];
    let names: Vec<_> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| format!("from os import {}", names.join(", ")))
}

/// A number of which only the size is meant, so that only its first two digits are given.
fn two_digits(n: u32) -> u32 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    (n + unit / 2) / unit * unit
}
