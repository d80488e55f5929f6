//! A request as JSON text, parsed and checked: what is wrong is named by its place, its value and what is allowed.
//!
//! The text is parsed here and not by JavaScript's side of the bridge, because only so are unknown fields refused
//! (`deny_unknown_fields` has no effect through serde-wasm-bindgen), and the checks run on the host as well.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use super::main_program::{RawMainStep, check_main, check_then};
use super::{
    Calls, Exception, LONGEST_STEP, MOST_BYTES, MOST_STEPS, MOST_TASKS, MOST_WORKERS, Method, PrintResults, Seconds,
    StartMethod, Step, Style, Task, Value, Work, Workload,
};

/// One run, asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The example's id, if it is one.
    pub example: Option<String>,
    /// What to run.
    pub workload: Workload,
    /// How to run it.
    pub method: Method,
    /// Instead of the workload's own `max_workers`.
    pub max_workers: Option<u32>,
    /// Instead of the workload's own start method.
    pub start_method: Option<StartMethod>,
    /// How long a thread waits for the GIL before it asks for it: `sys.getswitchinterval()`.
    pub switch_interval: Duration,
    /// By how much sleeps are shortened; without it, a tenth where a sleep takes a second or more.
    pub scale: Option<f64>,
}

/// CPython's default switch interval.
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestError {
    /// Where: `workload.tasks[2].steps[0].sleep`.
    pub place: String,
    /// What is there, and what is allowed.
    pub problem: String,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for RequestError {}

pub(super) type Checked<T> = Result<T, RequestError>;

pub(super) fn wrong<T>(place: impl Into<String>, problem: impl Into<String>) -> Checked<T> {
    Err(RequestError { place: place.into(), problem: problem.into() })
}

impl Request {
    /// Parses and checks a request. `example` looks an id up; `examples` names all ids, for the error.
    ///
    /// # Errors
    /// What is wrong, where, and what is allowed: text that is no JSON, a field that does not exist or has the wrong
    /// type, an example or a method that does not exist, a number out of its range.
    pub fn parse(text: &str, example: impl Fn(&str) -> Option<Workload>, examples: &[&str]) -> Checked<Request> {
        let raw: RawRequest = parse_json(text)?;
        let workload = match (&raw.example, raw.workload) {
            (Some(id), None) => match example(id) {
                Some(workload) => workload,
                None => return wrong("example", format!("{id:?} is not one; they are: {}", examples.join(", "))),
            },
            (None, Some(workload)) => workload.check("workload")?,
            (Some(_), Some(_)) => return wrong("workload", "there is an example too; a request has one of both"),
            (None, None) => return wrong("example", "missing; a request has an example or a workload"),
        };
        let Some(method) = raw.method.as_deref().and_then(Method::from_id) else {
            let given = raw.method.map_or_else(|| "missing".to_owned(), |method| format!("{method:?} is not one"));
            let methods: Vec<_> = Method::ALL.iter().map(|method| method.id()).collect();
            return wrong("method", format!("{given}; they are: {}", methods.join(", ")));
        };
        check_exit(&workload, method)?;
        let max_workers = raw.max_workers.map(|json| check_workers("maxWorkers", &json)).transpose()?;
        let start_method = raw.start_method.map(|id| check_start_method("startMethod", &id)).transpose()?;
        let switch_interval = check_switch_interval(raw.switch_interval)?;
        let scale = raw.scale.map(|json| check_range("scale", &json, 0.01..=1.0, "times the sleeps' length"));
        let (example, scale) = (raw.example, scale.transpose()?);
        Ok(Request { example, workload, method, max_workers, start_method, switch_interval, scale })
    }
}

/// `os._exit()` ends the process that calls it, and that is the whole program unless it is a worker process.
fn check_exit(workload: &Workload, method: Method) -> Checked<()> {
    let exits = |task: &Task| matches!(task.steps.last(), Some(Step::Exit(_)));
    match workload.tasks.iter().position(exits) {
        Some(task) if method != Method::Processes => wrong(
            format!("workload.tasks[{task}].steps"),
            format!("os._exit() would end the whole program under {}; run it by processes", method.id()),
        ),
        _ => Ok(()),
    }
}

pub(super) fn parse_json<T: for<'de> Deserialize<'de>>(text: &str) -> Checked<T> {
    let json: Json = match serde_json::from_str(text) {
        Ok(json @ Json::Object(_)) => json,
        Ok(other) => return wrong("request", format!("{other} is not a JSON object")),
        Err(error) => return wrong("request", format!("it is not one JSON object: {error}")),
    };
    let bytes = payload(&json);
    if bytes > u64::from(MOST_BYTES) {
        return wrong("workload", format!("{bytes} bytes in all its bytes objects; {MOST_BYTES} at most are allowed"));
    }
    serde_path_to_error::deserialize(&json).map_err(|error| {
        let place = match error.path().to_string() {
            path if path == "." => "request".to_owned(),
            path => path,
        };
        RequestError { place, problem: error.inner().to_string() }
    })
}

/// How many bytes all `{"bytes": n}` of a request ask for, those that are too large by themselves left out.
fn payload(json: &Json) -> u64 {
    match json {
        Json::Array(items) => items.iter().map(payload).fold(0, u64::saturating_add),
        Json::Object(fields) => {
            let own = fields.get("bytes").and_then(Json::as_u64).filter(|own| *own <= u64::from(MOST_BYTES));
            fields.values().map(payload).fold(own.unwrap_or_default(), u64::saturating_add)
        }
        _ => 0,
    }
}

// Numbers come as JSON, whatever is there: so what is wrong with them is said in one way, that of the two checks.

pub(super) fn check_range(place: &str, json: &Json, allowed: RangeInclusive<f64>, unit: &str) -> Checked<f64> {
    match json.as_f64() {
        Some(number) if allowed.contains(&number) => Ok(number),
        _ => wrong(place, format!("{json} is not allowed; from {} to {} {unit}", allowed.start(), allowed.end())),
    }
}

pub(super) fn check_whole(place: &str, json: &Json, allowed: RangeInclusive<u32>, unit: &str) -> Checked<u32> {
    let (least, most) = (*allowed.start(), *allowed.end());
    let number = check_range(place, json, f64::from(least)..=f64::from(most), unit)?;
    if number.fract() != 0.0 {
        return wrong(place, format!("{json} is not a whole number; from {least} to {most} {unit}"));
    }
    Ok(number as u32)
}

pub(super) fn check_switch_interval(json: Option<Json>) -> Checked<Duration> {
    let Some(json) = json else { return Ok(SWITCH_INTERVAL) };
    let unit = "seconds, as sys.setswitchinterval takes them";
    check_range("switchInterval", &json, 0.0005..=0.1, unit).map(Duration::from_secs_f64)
}

fn check_workers(place: &str, json: &Json) -> Checked<u32> {
    check_whole(place, json, 1..=MOST_WORKERS, "workers")
}

fn check_start_method(place: &str, id: &str) -> Checked<StartMethod> {
    match StartMethod::from_id(id) {
        Some(start_method) => Ok(start_method),
        None => {
            let known: Vec<_> = StartMethod::ALL.iter().map(|start_method| start_method.id()).collect();
            wrong(place, format!("{id:?} is not one; they are: {}", known.join(", ")))
        }
    }
}

fn check_identifier(place: String, name: &str) -> Checked<String> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts || !chars.all(|c| c.is_alphanumeric() || c == '_') || name.len() > 100 {
        return wrong(place, format!("{name:?} is not a Python name (letters, digits and _, 100 at most)"));
    }
    if KEYWORDS.contains(&name) {
        return wrong(place, format!("{name:?} is a keyword of Python, not a name"));
    }
    Ok(name.to_owned())
}

/// What Python does not take as a name: `keyword.kwlist`.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawRequest {
    example: Option<String>,
    workload: Option<RawWorkload>,
    method: Option<String>,
    max_workers: Option<Json>,
    start_method: Option<String>,
    switch_interval: Option<Json>,
    scale: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawWorkload {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    before: Vec<String>,
    tasks: Vec<RawTask>,
    #[serde(default)]
    calls: Calls,
    chunksize: Option<Json>,
    #[serde(default)]
    then: Vec<RawMainStep>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    results: PrintResults,
    max_workers: Option<Json>,
    start_method: Option<String>,
    #[serde(default)]
    to_thread: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawTask {
    call: RawCall,
    #[serde(default)]
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCall {
    function: String,
    parameters: Option<Vec<String>>,
    #[serde(default)]
    args: Vec<Json>,
    #[serde(default)]
    kwargs: serde_json::Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum RawStep {
    Print(String),
    Sleep(Json),
    Compute(RawWork),
    Repeat(RawRepeat),
    Return(Json),
    ReturnParameters(Vec<String>),
    ReturnCount,
    Raise(Exception),
    Exit(Json),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum RawWork {
    Seconds(Json),
    PrimesBelow(Json),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRepeat {
    times: Json,
    steps: Vec<RawStep>,
}

impl RawWorkload {
    fn check(self, place: &str) -> Checked<Workload> {
        let count = self.tasks.len();
        if !(1..=MOST_TASKS).contains(&count) {
            return wrong(format!("{place}.tasks"), format!("{count} tasks; from 1 to {MOST_TASKS} are allowed"));
        }
        let tasks = self.tasks.into_iter().enumerate();
        let tasks = tasks.map(|(i, task)| task.check(&format!("{place}.tasks[{i}]"))).collect::<Checked<_>>()?;
        let max_workers =
            self.max_workers.map(|json| check_workers(&format!("{place}.maxWorkers"), &json)).transpose()?;
        let start_method = self.start_method.map(|id| check_start_method(&format!("{place}.startMethod"), &id));
        let start_method = start_method.transpose()?;
        let then = check_then(&format!("{place}.then"), self.then, count)?;
        let has_chunksize = self.chunksize.is_some();
        let chunksize = self
            .chunksize
            .map(|json| check_whole(&format!("{place}.chunksize"), &json, 1..=MOST_TASKS as u32, "calls at once"));
        let workload = Workload {
            name: self.name.unwrap_or_else(|| "workload".to_owned()),
            entry: "main".to_owned(),
            before: self.before,
            tasks,
            calls: self.calls,
            chunksize: chunksize.transpose()?.unwrap_or(1),
            then,
            after: self.after,
            results: self.results,
            max_workers,
            start_method,
            to_thread: self.to_thread,
            style: Style::default(),
        };
        check_main(place, &workload, has_chunksize)?;
        Ok(workload)
    }
}

impl RawTask {
    fn check(self, place: &str) -> Checked<Task> {
        let function = check_identifier(format!("{place}.call.function"), &self.call.function)?;
        let args = self.call.args.iter().enumerate();
        let args: Vec<Value> =
            args.map(|(i, json)| check_value(&format!("{place}.call.args[{i}]"), json)).collect::<Checked<_>>()?;
        let kwargs: Vec<(String, Value)> = self
            .call
            .kwargs
            .iter()
            .map(|(name, json)| {
                let place = format!("{place}.call.kwargs.{name}");
                Ok((check_identifier(place.clone(), name)?, check_value(&place, json)?))
            })
            .collect::<Checked<_>>()?;
        let parameters = self.call.parameters.unwrap_or_else(|| {
            let positional = (1..=args.len())
                .map(|number| if args.len() == 1 { "parameter".to_owned() } else { format!("parameter_{number}") });
            positional.chain(kwargs.iter().map(|(name, _)| name.clone())).collect()
        });
        for (i, name) in parameters.iter().enumerate() {
            check_identifier(format!("{place}.call.parameters[{i}]"), name)?;
        }
        if let Some(twice) = (1..parameters.len()).find(|i| parameters[..*i].contains(&parameters[*i])) {
            let name = &parameters[twice];
            return wrong(
                format!("{place}.call"),
                format!("there are two parameters {name:?}; each needs its own name"),
            );
        }
        if parameters.len() != args.len() + kwargs.len()
            || kwargs.iter().any(|(name, _)| !parameters[args.len()..].contains(name))
        {
            return wrong(
                format!("{place}.call"),
                format!("{} parameters ({}) do not fit the arguments", parameters.len(), parameters.join(", ")),
            );
        }
        let mut task = Task { function, parameters, args, kwargs, steps: Vec::new() };
        task.steps = check_steps(&format!("{place}.steps"), self.steps, &task)?;
        if written_out(&task.steps) > MOST_STEPS {
            return wrong(format!("{place}.steps"), format!("more than {MOST_STEPS} steps, repetitions written out"));
        }
        Ok(task)
    }
}

/// How many steps there are, repetitions written out.
fn written_out(steps: &[Step]) -> usize {
    let count = |step: &Step| match step {
        Step::Repeat(times, steps) => written_out(steps).saturating_mul(*times as usize),
        _ => 1,
    };
    steps.iter().map(count).fold(0, usize::saturating_add)
}

fn check_steps(place: &str, steps: Vec<RawStep>, task: &Task) -> Checked<Vec<Step>> {
    let last = steps.len().saturating_sub(1);
    let mut checked: Vec<Step> = Vec::with_capacity(steps.len());
    for (i, step) in steps.into_iter().enumerate() {
        let place = format!("{place}[{i}]");
        let step = step.check(&place, task)?;
        if step.ends() && i < last {
            return wrong(place, "ends the call, but steps follow it; it must be the last");
        }
        checked.push(step);
    }
    Ok(checked)
}

impl RawStep {
    fn check(self, place: &str, task: &Task) -> Checked<Step> {
        let known = |place: String, name: String| match task.argument(&name) {
            Some(_) => Ok(name),
            None if task.parameters.is_empty() => wrong(place, format!("{name:?} is not a parameter; there are none")),
            None => wrong(place, format!("{name:?} is not a parameter; they are: {}", task.parameters.join(", "))),
        };
        Ok(match self {
            RawStep::Print(text) => Step::Print(text),
            RawStep::Sleep(Json::String(name)) => {
                let place = format!("{place}.sleep");
                let name = known(place.clone(), name)?;
                let argument = task.argument(&name).unwrap_or(&Value::None);
                if !argument.number().is_some_and(|seconds| (0.0..=LONGEST_STEP).contains(&seconds)) {
                    let problem = format!("the argument {} is not allowed; from 0 to {LONGEST_STEP}", argument.repr());
                    return wrong(place, format!("{problem} seconds"));
                }
                Step::Sleep(Seconds::Parameter(name))
            }
            RawStep::Sleep(json) => {
                let place = format!("{place}.sleep");
                let unit = "seconds, or the name of a parameter";
                Step::Sleep(Seconds::Fixed(check_range(&place, &json, 0.0..=LONGEST_STEP, unit)?))
            }
            RawStep::Compute(RawWork::Seconds(json)) => {
                let place = format!("{place}.compute.seconds");
                Step::Compute(Work::Seconds(check_range(&place, &json, 0.0..=LONGEST_STEP, "seconds")?))
            }
            RawStep::Compute(RawWork::PrimesBelow(json)) => {
                let place = format!("{place}.compute.primesBelow");
                Step::Compute(Work::PrimesBelow(check_whole(&place, &json, 0..=super::compute::MOST, "as the end")?))
            }
            RawStep::Repeat(repeat) => {
                let steps = check_steps(&format!("{place}.repeat.steps"), repeat.steps, task)?;
                if steps.iter().any(Step::ends) {
                    return wrong(format!("{place}.repeat.steps"), "a repetition cannot end the call");
                }
                let place = format!("{place}.repeat.times");
                Step::Repeat(check_whole(&place, &repeat.times, 0..=MOST_STEPS as u32, "times")?, steps)
            }
            RawStep::Return(json) => Step::Return(check_value(&format!("{place}.return"), &json)?),
            RawStep::ReturnParameters(names) => {
                let place = format!("{place}.returnParameters");
                if names.is_empty() {
                    return wrong(place, "names no parameter");
                }
                let names = names.into_iter().map(|name| known(place.clone(), name)).collect::<Checked<_>>()?;
                Step::ReturnParameters(names)
            }
            RawStep::ReturnCount => Step::ReturnCount,
            RawStep::Raise(exception) => {
                check_identifier(format!("{place}.raise.type"), &exception.class)?;
                Step::Raise(exception)
            }
            RawStep::Exit(json) => {
                Step::Exit(check_whole(&format!("{place}.exit"), &json, 0..=255, "as an exit code")? as u8)
            }
        })
    }
}

impl Step {
    /// Whether nothing can follow it.
    fn ends(&self) -> bool {
        matches!(self, Step::Return(_) | Step::ReturnParameters(_) | Step::ReturnCount | Step::Raise(_) | Step::Exit(_))
    }
}

/// A JSON value as a Python value; `{"tuple": […]}` and `{"bytes": n}` stand for what JSON does not have.
fn check_value(place: &str, json: &Json) -> Checked<Value> {
    let all = |items: &[Json]| {
        let items = items.iter().enumerate();
        items.map(|(i, item)| check_value(&format!("{place}[{i}]"), item)).collect::<Checked<Vec<_>>>()
    };
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Int(integer),
            (None, _) if number.is_u64() => {
                return wrong(
                    place,
                    format!("{number} is not allowed; whole numbers from {} to {}", i64::MIN, i64::MAX),
                );
            }
            (None, Some(float)) => Value::Float(float),
            (None, None) => return wrong(place, format!("{number} does not fit a float")),
        },
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(items) => Value::List(all(items)?),
        Json::Object(fields) if fields.len() == 1 && fields.contains_key("tuple") => match &fields["tuple"] {
            Json::Array(items) => Value::Tuple(all(items)?),
            other => return wrong(place, format!("{other} is not a list; {{\"tuple\": […]}} takes one")),
        },
        Json::Object(fields) if fields.len() == 1 && fields.contains_key("bytes") => {
            let length = fields["bytes"].as_u64().and_then(|length| u32::try_from(length).ok());
            match length.filter(|length| *length <= MOST_BYTES) {
                Some(length) => Value::Bytes(vec![0; length as usize]),
                None => {
                    let given = &fields["bytes"];
                    return wrong(place, format!("bytes({given}) is not allowed; from 0 to {MOST_BYTES}"));
                }
            }
        }
        Json::Object(fields) => {
            let items = fields.iter();
            let items = items.map(|(key, json)| Ok((key.clone(), check_value(&format!("{place}.{key}"), json)?)));
            Value::Dict(items.collect::<Checked<_>>()?)
        }
    })
}
