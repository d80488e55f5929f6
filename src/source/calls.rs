//! The calls of a program: one by one, or as loops over their arguments. It knows no method.

use super::layout::Node;
use super::text;
use crate::workload::{Calls, Style, Task, Value, Workload};

/// Calls that are written as one statement.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The number of the first of them.
    pub task: usize,
    /// What differs between them.
    pub over: Over<'a>,
    call: &'a Task,
    keywords: Vec<String>,
}

/// What a loop of calls goes over.
#[derive(Debug)]
pub enum Over<'a> {
    /// There is no loop, but one call.
    Nothing,
    /// The same call so many times.
    Times(usize),
    /// Integers from the first to the one before the last.
    Range(i64, i64),
    /// Single arguments.
    List(&'a [Task]),
    /// Several positional arguments each.
    Tuples(&'a [Task]),
    /// Keyword arguments, with their names as each call has them.
    Dicts(&'a [Task], Vec<Vec<String>>),
}

/// How a call passes its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    None,
    One,
    Positional,
    Keywords,
    Mixed,
}

fn shape(task: &Task) -> Shape {
    match (task.args.len(), task.kwargs.len()) {
        (0, 0) => Shape::None,
        (1, 0) => Shape::One,
        (_, 0) => Shape::Positional,
        (0, _) => Shape::Keywords,
        _ => Shape::Mixed,
    }
}

/// The calls of a workload as statements. `called` is the function of each call, `keywords` what the program calls a
/// task's keyword arguments.
pub fn batches<'a>(
    workload: &'a Workload,
    called: &[usize],
    keywords: impl Fn(&Task) -> Vec<String>,
) -> Vec<Batch<'a>> {
    let tasks = &workload.tasks;
    let mut batches = Vec::new();
    let mut start = 0;
    while start < tasks.len() {
        let task = &tasks[start];
        let alike = |next: &usize| {
            called[*next] == called[start] && shape(&tasks[*next]) == shape(task) && shape(task) != Shape::Mixed
        };
        // A call that is made later is a statement by itself.
        let first = workload.submitted_first() as usize;
        let most = match workload.style {
            _ if workload.calls == Calls::Map => tasks.len(),
            Style::Loop if start < first => first,
            Style::OneByOne | Style::Loop => start + 1,
        };
        let end = (start + 1..most).find(|next| !alike(next)).unwrap_or(most);
        let over = Over::of(&tasks[start..end], &keywords);
        batches.push(Batch { task: start, over, call: task, keywords: keywords(task) });
        start = end;
    }
    batches
}

impl Batch<'_> {
    /// The arguments of the call, or of each call of the loop, whose variable is given.
    pub fn arguments(&self, variable: &str) -> Vec<Node> {
        let keyword = |(name, (_, value)): (&String, &(String, Value))| {
            Node::Keyed(format!("{name}="), Box::new(text::value(value)))
        };
        let kwargs = self.keywords.iter().zip(&self.call.kwargs).map(keyword);
        match self.over {
            Over::Nothing => self.call.args.iter().map(text::value).chain(kwargs).collect(),
            Over::Times(_) => Vec::new(),
            Over::Range(..) | Over::List(_) => vec![Node::text(variable)],
            Over::Tuples(_) => vec![Node::text(format!("*{variable}"))],
            Over::Dicts(..) => vec![Node::text(format!("**{variable}"))],
        }
    }
}

impl<'a> Over<'a> {
    fn of(tasks: &'a [Task], keywords: &impl Fn(&Task) -> Vec<String>) -> Over<'a> {
        match tasks {
            [_] => Over::Nothing,
            _ => match shape(&tasks[0]) {
                Shape::None => Over::Times(tasks.len()),
                Shape::One => range(tasks).unwrap_or(Over::List(tasks)),
                Shape::Positional => Over::Tuples(tasks),
                Shape::Keywords | Shape::Mixed => Over::Dicts(tasks, tasks.iter().map(keywords).collect()),
            },
        }
    }

    /// The list that the loop goes over, if it needs one.
    pub fn list(&self) -> Option<Node> {
        Some(text::list(match self {
            Over::Nothing | Over::Times(_) | Over::Range(..) => return None,
            Over::List(tasks) => tasks.iter().map(|task| text::value(&task.args[0])).collect(),
            Over::Tuples(tasks) => tasks.iter().map(|task| text::tuple(&task.args)).collect(),
            Over::Dicts(tasks, keywords) => {
                let dict = |(task, keywords): (&Task, &Vec<String>)| {
                    text::dict(keywords.iter().map(String::as_str).zip(task.kwargs.iter().map(|(_, value)| value)))
                };
                tasks.iter().zip(keywords).map(dict).collect()
            }
        }))
    }

    /// What the notes call such a list.
    pub fn list_name(&self) -> Option<&'static str> {
        match self {
            Over::Nothing | Over::Times(_) | Over::Range(..) => None,
            Over::List(_) => Some("argument_list"),
            Over::Tuples(_) => Some("arguments"),
            Over::Dicts(..) => Some("argument_dictionaries"),
        }
    }

    /// The loop's variable, and what it goes over.
    pub fn header(&self, list: &str) -> Option<(&'static str, String)> {
        match self {
            Over::Nothing => None,
            Over::Times(times) => Some(("_", format!("range({times})"))),
            Over::Range(0, end) => Some(("i", format!("range({end})"))),
            Over::Range(start, end) => Some(("i", format!("range({start}, {end})"))),
            Over::List(_) | Over::Tuples(_) | Over::Dicts(..) => Some(("argument", list.to_owned())),
        }
    }
}

/// What `map` goes over: an iterable for each parameter of the function, which all calls have in common.
pub fn columns(workload: &Workload, batches: &[Batch], lists: &[String]) -> Vec<Node> {
    let tasks = &workload.tasks;
    let over = batches.iter().zip(lists).next().and_then(|(batch, list)| batch.over.header(list));
    match over {
        // One list, or one of tuples turned over.
        Some((_, over)) if batches.len() == 1 && tasks[0].args.len() == 1 => vec![Node::text(over)],
        Some((_, over)) if batches.len() == 1 => vec![Node::text(format!("*zip(*{over})"))],
        _ => {
            let column = |i: usize| text::list(tasks.iter().map(|task| text::value(&task.args[i])).collect());
            (0..tasks[0].args.len()).map(column).collect()
        }
    }
}

/// Three or more integers of which each is one more than the one before.
fn range<'a>(tasks: &[Task]) -> Option<Over<'a>> {
    let integer = |task: &Task| match task.args[0] {
        Value::Int(integer) => Some(integer),
        _ => None,
    };
    let start = integer(&tasks[0])?;
    let end = start.checked_add(i64::try_from(tasks.len()).ok()?)?;
    let counts = (start..end).zip(tasks).all(|(expected, task)| integer(task) == Some(expected));
    (counts && tasks.len() >= 3).then_some(Over::Range(start, end))
}
