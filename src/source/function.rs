//! A task's function: its parameters, its docstring, its body. It knows neither its own name nor its callers.

use super::Program;
use super::layout::{Between, Node, Page};
use super::text::{self, Literal};
use crate::workload::{Seconds, Step, Task, Work};

/// A function without its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Definition {
    /// Its parameters, as the program names them.
    pub parameters: Vec<String>,
    /// What it does, indented.
    pub body: String,
}

/// What a function does, without what does nothing.
#[derive(Debug)]
pub enum Doing<'a> {
    /// One step.
    Step(&'a Step),
    /// These, so many times: two at the least.
    Loop(u32, Vec<Doing<'a>>),
}

/// The steps without repetitions that repeat nothing, or once.
///
/// So loops are never nested deeper than Python allows: a request's steps are counted with repetitions written out.
pub fn tidy(steps: &[Step]) -> Vec<Doing<'_>> {
    let mut doings = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Repeat(times, steps) => match (times, tidy(steps)) {
                (1, inner) => doings.extend(inner),
                (0, _) => {}
                (_, inner) if inner.is_empty() => {}
                (times, inner) => doings.push(Doing::Loop(*times, inner)),
            },
            step => doings.push(Doing::Step(step)),
        }
    }
    doings
}

/// The function that a task calls; what it uses is noted in the program.
pub fn definition(program: &mut Program, task: &Task) -> Definition {
    let parameters = program.parameters(task);
    let doings = tidy(&task.steps);
    let mut seen = Seen::default();
    seen.all(&doings, &parameters, task);
    let returns_count = matches!(doings.last(), Some(Doing::Step(Step::ReturnCount)));
    let computes_last = matches!(doings.as_slice(), [.., Doing::Step(Step::Compute(_)), Doing::Step(_)]);
    let count = if !seen.computes {
        Count::Nothing
    } else if returns_count && computes_last {
        Count::Directly
    } else if returns_count {
        let name = program.body_names.free("count");
        Count::In(if parameters.contains(&name) { program.body_names.free("prime_count") } else { name })
    } else {
        Count::Nothing
    };
    let mut body = Body { program, task, parameters: &parameters, count, page: Page::default() };
    if let Some(docstring) = seen.docstring(body.program.sleep_function()) {
        body.page.line(1, format!("\"\"\"{docstring}\"\"\""));
    } else if doings.is_empty() {
        body.page.line(1, "pass");
    }
    body.doings(1, &doings);
    let body = body.page.into_text();
    Definition { parameters, body }
}

/// What becomes of what was counted.
enum Count {
    /// Nothing asks for it.
    Nothing,
    /// It is returned where it is counted.
    Directly,
    /// A variable keeps it.
    In(String),
}

struct Body<'p, 'a, 't> {
    program: &'p mut Program<'a>,
    task: &'t Task,
    parameters: &'t [String],
    count: Count,
    page: Page,
}

impl Body<'_, '_, '_> {
    fn doings(&mut self, indent: usize, doings: &[Doing]) {
        for (i, doing) in doings.iter().enumerate() {
            match doing {
                Doing::Loop(times, doings) => {
                    self.page.line(indent, format!("for _ in range({times}):"));
                    self.doings(indent + 1, doings);
                }
                Doing::Step(step) => self.step(indent, step, i + 2 == doings.len()),
            }
        }
    }

    fn step(&mut self, indent: usize, step: &Step, last_but_one: bool) {
        match step {
            Step::Print(line) => {
                let pieces = text::pieces(line, |name| match name {
                    "pid" => Some("getpid()".to_owned()),
                    name => parameter(self.task, self.parameters, name).map(str::to_owned),
                });
                self.program.uses.getpid |= pieces.contains(&text::Piece::Field("getpid()".to_owned()));
                self.page.node(indent, "", &text::print(pieces), "");
            }
            Step::Sleep(seconds) => {
                let (lead, seconds) = (self.program.sleep_function(), duration(seconds, self.task, self.parameters));
                self.program.uses.time |= !self.program.coroutines();
                self.page.line(indent, format!("{lead}({seconds})"));
            }
            Step::Compute(work) => {
                self.program.uses.count_primes = true;
                let n = match work {
                    Work::Seconds(seconds) => self.program.constant(*seconds).to_owned(),
                    Work::PrimesBelow(n) => text::grouped(*n),
                };
                let lead = match &self.count {
                    Count::Directly if indent == 1 && last_but_one => "return ".to_owned(),
                    Count::In(name) => format!("{name} = "),
                    _ => String::new(),
                };
                self.page.line(indent, format!("{lead}count_primes({n})"));
            }
            Step::Return(value) => self.page.node(indent, "return ", &text::value(value), ""),
            Step::ReturnParameters(names) => {
                let names = names.iter().map(|name| parameter(self.task, self.parameters, name).unwrap_or("None"));
                self.page.line(indent, format!("return {}", names.collect::<Vec<_>>().join(", ")));
            }
            Step::ReturnCount => match &self.count {
                Count::Directly => {}
                Count::In(name) => self.page.line(indent, format!("return {name}")),
                // Nothing was counted.
                Count::Nothing => self.page.line(indent, "return 0"),
            },
            Step::Raise(exception) => {
                let class = self.program.exception(&exception.class);
                let raise = match exception.message.as_str() {
                    "" => Node::text(class),
                    message => {
                        let message = Node::Literal(Literal::of(message));
                        Node::group(format!("{class}("), vec![message], ")", Between::Commas)
                    }
                };
                self.page.node(indent, "raise ", &raise, "");
            }
            Step::Exit(code) => {
                self.program.uses.exit = true;
                self.page.line(indent, format!("_exit({code})"));
            }
            // `tidy` made it a loop.
            Step::Repeat(..) => {}
        }
    }
}

/// What the program calls a parameter of that name, if the call has it.
fn parameter<'n>(task: &Task, parameters: &'n [String], name: &str) -> Option<&'n str> {
    let place = task.parameters.iter().position(|parameter| parameter == name)?;
    task.argument(name).and(parameters.get(place)).map(String::as_str)
}

/// A time to sleep, as an argument.
fn duration(seconds: &Seconds, task: &Task, parameters: &[String]) -> String {
    match seconds {
        Seconds::Fixed(seconds) => seconds.to_string(),
        Seconds::Parameter(name) => parameter(task, parameters, name).unwrap_or("0").to_owned(),
    }
}

/// What a docstring says of a function.
#[derive(Default)]
struct Seen {
    sleeps: Vec<String>,
    computes: bool,
}

impl Seen {
    fn all(&mut self, doings: &[Doing], parameters: &[String], task: &Task) {
        for doing in doings {
            match doing {
                Doing::Loop(_, doings) => self.all(doings, parameters, task),
                Doing::Step(Step::Sleep(seconds)) => {
                    let seconds = duration(seconds, task, parameters);
                    if !self.sleeps.contains(&seconds) {
                        self.sleeps.push(seconds);
                    }
                }
                Doing::Step(Step::Compute(_)) => self.computes = true,
                Doing::Step(_) => {}
            }
        }
    }

    fn docstring(&self, sleep: &str) -> Option<String> {
        let sleep = sleep.trim_start_matches("await ");
        match (self.sleeps.as_slice(), self.computes) {
            ([], false) => None,
            ([], true) => Some("Simulate a CPU-bound function by counting primes.".to_owned()),
            // A name that makes the line too long is not needed here.
            ([seconds], false) if seconds.len() <= 20 => {
                Some(format!("Simulate an IO-bound function using {sleep}({seconds})."))
            }
            (_, false) => Some(format!("Simulate an IO-bound function using {sleep}().")),
            (_, true) => Some("Simulate a function that waits for IO and computes.".to_owned()),
        }
    }
}
