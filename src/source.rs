//! The Python program that a run stands for: written as its author would write it, for CPython 3.14. It knows no
//! machine, no clock and no record; what it is given is a workload and a method.
//!
//! Names are those of the workload, unless Python or the program itself needs them: then they get a `_` at their end.
//! A function that does different things under one name becomes several, `_2` and `_3` at their ends.

mod calls;
mod function;
mod layout;
mod names;
mod text;

use std::collections::HashMap;

use crate::workload::{Calibration, Method, PrintResults, Task, Work, Workload};
use calls::{Batch, Over};
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
    /// The main program's function, and the variable that keeps what will be printed.
    entry: String,
    kept: String,
}

/// What the functions use.
#[derive(Default)]
struct Uses {
    time: bool,
    getpid: bool,
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
        };
        // First those names that the functions' bodies use, so that no parameter takes one of them.
        for task in &workload.tasks {
            program.name_constants_and_exceptions(&function::tidy(&task.steps));
        }
        program.name_constants();
        program.body_names = program.names.clone();
        program.define_functions();
        program.entry = program.names.take(&workload.entry);
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

    /// The main program's part: submits the calls, and waits for them.
    fn entry(&mut self, page: &mut Page) {
        let batches = calls::batches(self.workload, &self.called, |task| self.keywords(task));
        let lists: Vec<_> = batches.iter().map(|batch| self.name_list(&batch.over)).collect();
        let results = self.workload.results;
        let asynchronous = self.method == Method::Asyncio;
        page.line(0, format!("{}def {}():", if asynchronous { "async " } else { "" }, self.entry));
        page.line(1, format!("\"\"\"{}\"\"\"", self.describe(&batches)));
        for (batch, name) in batches.iter().zip(&lists) {
            if let Some(list) = batch.over.list() {
                page.node(1, &format!("{name} = "), &list, "");
            }
        }
        self.print_lines(page, &self.workload.before);
        let kept = match self.method {
            Method::Sequential | Method::Asyncio => "results",
            _ => "futures",
        };
        let keeps = results != PrintResults::No;
        let kept = if keeps { self.names.take(kept) } else { String::new() };
        self.kept.clone_from(&kept);
        if keeps && !asynchronous {
            page.line(1, format!("{kept} = []"));
        }
        match self.method {
            Method::Sequential => {
                for (batch, list) in batches.iter().zip(&lists) {
                    let call = |program: &Program, args| program.call("", batch.task, args);
                    self.statement(page, 1, batch, list, &kept, call);
                }
            }
            Method::Asyncio => {
                let to_thread = if self.workload.to_thread { "asyncio.to_thread" } else { "" };
                let gathered = batches.iter().zip(&lists).map(|(batch, list)| match batch.over.header(list) {
                    None => self.call(to_thread, batch.task, batch.arguments("")),
                    Some((variable, over)) => {
                        let variable = self.variable(variable);
                        let call = self.call(to_thread, batch.task, batch.arguments(&variable));
                        let each = Node::text(format!("for {variable} in {over}"));
                        Node::group("*(", vec![call, each], ")", Between::Spaces)
                    }
                });
                let gathered: Vec<_> = gathered.collect();
                let between = if gathered.len() > 1 { Between::Lines } else { Between::Commas };
                let gather = Node::group("await asyncio.gather(", gathered, ")", between);
                page.node(1, &if keeps { format!("{kept} = ") } else { String::new() }, &gather, "");
            }
            _ => {
                let executor = self.names.take("executor");
                let workers = self.workload.max_workers.map_or_else(String::new, |most| format!("max_workers={most}"));
                page.line(1, format!("with {}({workers}) as {executor}:", self.method.executor()));
                let submit = format!("{executor}.submit");
                for (batch, list) in batches.iter().zip(&lists) {
                    let call = |program: &Program, args| program.call(&submit, batch.task, args);
                    self.statement(page, 2, batch, list, &kept, call);
                }
                if batches.is_empty() {
                    page.line(2, "pass");
                }
            }
        }
        self.print_lines(page, &self.workload.after);
        if matches!(results, PrintResults::List | PrintResults::ListThenEach) {
            page.line(1, format!("print({})", self.all_results(&kept)));
        }
        if matches!(results, PrintResults::Each | PrintResults::ListThenEach) {
            page.line(1, format!("return {kept}"));
        }
        page.blank(2);
    }

    /// A call, or a loop of calls, whose results are kept if they are wanted.
    fn statement(
        &self,
        page: &mut Page,
        indent: usize,
        batch: &Batch,
        list: &str,
        kept: &str,
        call: impl Fn(&Program, Vec<Node>) -> Node,
    ) {
        let keep = |call| match kept {
            "" => call,
            kept => Node::group(format!("{kept}.append("), vec![call], ")", Between::Commas),
        };
        match batch.over.header(list) {
            None => page.node(indent, "", &keep(call(self, batch.arguments(""))), ""),
            Some((variable, over)) => {
                let variable = self.variable(variable);
                page.line(indent, format!("for {variable} in {over}:"));
                page.node(indent + 1, "", &keep(call(self, batch.arguments(&variable))), "");
            }
        }
    }

    /// `function(args)`, or `through(function, args)`.
    fn call(&self, through: &str, task: usize, args: Vec<Node>) -> Node {
        let function = &self.functions[self.called[task]].0;
        match through {
            "" => Node::group(format!("{function}("), args, ")", Between::Commas),
            through => {
                let args = [vec![Node::text(function.clone())], args].concat();
                Node::group(format!("{through}("), args, ")", Between::Commas)
            }
        }
    }

    fn name_list(&mut self, over: &Over) -> String {
        match over.list_name() {
            None => String::new(),
            Some(name) => self.names.take_numbered(name),
        }
    }

    fn all_results(&self, kept: &str) -> String {
        match self.method {
            Method::Sequential | Method::Asyncio => kept.to_owned(),
            _ => {
                let future = self.names.free("future");
                format!("[{future}.result() for {future} in {kept}]")
            }
        }
    }

    fn print_lines(&self, page: &mut Page, lines: &[String]) {
        for line in lines {
            // The executor's name is known while the program is written, so the text needs no field.
            let pieces = text::pieces(line, |name| (name == "executor").then_some(self.method.executor()));
            page.node(1, "", &text::print(pieces.into_iter().map(text::Piece::constant)), "");
        }
    }

    /// The entry's docstring.
    fn describe(&self, batches: &[Batch]) -> String {
        let (calls, each) = match batches {
            [Batch { over: Over::List(_) | Over::Range(..), .. }] => ("a call", " for each argument"),
            [Batch { over: Over::Tuples(_), .. }] => ("a call", " for each tuple"),
            [Batch { over: Over::Dicts(..), .. }] => ("a call", " for each dictionary"),
            _ => ("the calls", ""),
        };
        match self.method {
            Method::Sequential if each.is_empty() => "Make the calls one after the other.".to_owned(),
            Method::Sequential => format!("Make {calls}{each}, one after the other."),
            Method::Asyncio if self.workload.to_thread && each.is_empty() => "Hand each call to a thread.".to_owned(),
            Method::Asyncio if self.workload.to_thread => format!("Hand {calls}{each} to a thread."),
            Method::Asyncio if each.is_empty() => "Run the coroutines on one event loop.".to_owned(),
            Method::Asyncio => format!("Run a coroutine{each}, all on one event loop."),
            Method::Interpreters => format!("Submit {calls}{each} to an InterpreterPoolExecutor."),
            _ => format!("Submit {calls}{each} to a {}.", self.method.executor()),
        }
    }

    /// What runs when the file runs, and not when a worker imports it.
    fn guard(&mut self, page: &mut Page) {
        if matches!(self.method, Method::Processes | Method::Interpreters) {
            page.line(0, "# The workers import this file too: only the main program may go on here.");
        }
        page.line(0, r#"if __name__ == "__main__":"#);
        let call = match self.method {
            Method::Asyncio => format!("asyncio.run({}())", self.entry),
            _ => format!("{}()", self.entry),
        };
        if matches!(self.workload.results, PrintResults::No | PrintResults::List) {
            page.line(1, call);
            return;
        }
        let (one, result) = match self.method {
            Method::Sequential | Method::Asyncio => ("result", ""),
            _ => ("future", ".result()"),
        };
        let (all, one) = (&self.kept, self.names.free(one));
        page.line(1, format!("{all} = {call}"));
        page.line(1, format!("for {one} in {all}:"));
        page.line(2, format!("print({one}{result})"));
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
            method => Some(format!("from concurrent.futures import {}", method.executor())),
        };
        let imports = [
            (self.method == Method::Asyncio).then(|| "import asyncio".to_owned()),
            self.uses.time.then(|| "import time".to_owned()),
            executor,
            self.uses.getpid.then(|| "from os import getpid".to_owned()),
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

/// A number of which only the size is meant, so that only its first two digits are given.
fn two_digits(n: u32) -> u32 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    (n + unit / 2) / unit * unit
}
