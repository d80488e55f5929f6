//! A trace as Chrome Trace Event Format: what Perfetto opens, and what the references from CPython are written in.
//!
//! Events of one thread nest: viewers drop those that overlap in part. A task, a step of the event loop and the shutdown
//! are whole; a state that goes on beyond one of them is cut there. Who holds the GIL is a thread of its own.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::time::Time;
use crate::trace::{End, LaneInfo, LaneKind, Ran, Stream, TaskRecord, Trace, TracedLane};
use crate::workload::Method;

/// The number of a coroutine's task is its call's and this, as in the references.
const COROUTINES_FROM: u32 = 100_000;

/// The text of a JSON file, an event in a line. What lasts, ends at the trace's horizon.
#[must_use]
pub fn trace_events(trace: &Trace) -> String {
    let mut file = File { trace, end: trace.horizon(), events: Vec::new() };
    if let Some(main) = trace.lanes.first() {
        file.run(&main.info);
        file.tasks(&main.info);
        file.steps(main);
        file.states();
        file.holds(main);
        file.output();
    }
    file.events.sort_by_key(|event| (event.at, Reverse(event.end)));
    let events = file.metadata().chain(file.events.iter().map(Event::line));
    let events: Vec<String> = events.collect();
    let (about, events) = (json!(file.about()), events.join(",\n"));
    format!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":[\n{events}\n]}}\n")
}

/// An event of a thread: an instant without an end, a stretch with one.
struct Event<'a> {
    at: Time,
    end: Option<Time>,
    name: Cow<'a, str>,
    category: &'static str,
    pid: u32,
    tid: u32,
    arguments: Value,
}

/// An event as the format has it.
#[derive(Serialize)]
struct Line<'a> {
    ph: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    args: &'a Value,
}

impl Line<'_> {
    fn text(&self) -> String {
        // Strings, numbers and nothing else: there is no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Event<'_> {
    fn line(&self) -> String {
        let (ph, s) = if self.end.is_some() { ("X", None) } else { ("i", Some("t")) };
        let dur = self.end.map(|end| Time::after(end.since(self.at)).micros());
        let (name, cat, ts, args) = (&self.name, Some(self.category), Some(self.at.micros()), &self.arguments);
        Line { ph, s, name, cat, pid: self.pid, tid: self.tid, ts, dur, args }.text()
    }
}

struct File<'a> {
    trace: &'a Trace,
    /// Where what lasts ends.
    end: Time,
    events: Vec<Event<'a>>,
}

impl<'a> File<'a> {
    fn about(&self) -> Value {
        let trace = self.trace;
        let environment = &trace.environment;
        let end = trace.end.as_ref().map(|(_, end)| end);
        json!({
            "python": concat!("gilscope ", env!("CARGO_PKG_VERSION")),
            "gil": trace.gil(),
            "case": trace.method().map_or(trace.name().to_owned(), |method| format!("{}-{}", trace.name(), method.id())),
            "method": trace.method().map(Method::id),
            "maxWorkers": trace.max_workers(),
            "startMethod": trace.start_method(),
            "switchIntervalMs": crate::time::millis(trace.switch_interval()),
            "scale": trace.scale(),
            "end": end.map_or("live", End::word),
            "failure": end.and_then(End::why),
            "isolated": environment.isolated,
            "clockResolutionNanos": environment.clock_resolution_nanos,
            "cores": environment.cores,
            "browser": environment.browser,
        })
    }

    /// The names of threads and processes.
    fn metadata(&self) -> impl Iterator<Item = String> {
        let name = |kind, pid, tid, name: &str| {
            let args = json!({ "name": name });
            Line { ph: "M", s: None, name: kind, cat: None, pid, tid, ts: None, dur: None, args: &args }.text()
        };
        let main = self.trace.lanes.first().map_or(0, |lane| lane.info.pid);
        let mut lines = Vec::new();
        let mut pids = vec![main];
        for (_, lane) in self.trace.live_lanes() {
            let info = &lane.info;
            let thread = match info.kind {
                LaneKind::Main => info.name.clone(),
                LaneKind::Coroutine => self.coroutine(info),
                LaneKind::Worker => info.thread.clone(),
            };
            lines.push(name("thread_name", info.pid, info.tid, &thread));
            if !pids.contains(&info.pid) {
                pids.push(info.pid);
            }
        }
        if self.trace.has_shared_gil() {
            let interpreters = self.trace.lanes.iter().filter(|lane| lane.info.pid == main);
            let held: BTreeSet<u32> =
                interpreters.flat_map(|lane| lane.holds.iter().map(|hold| hold.interpreter)).collect();
            lines.push(name("thread_name", main, self.gil_tid(), "GIL"));
            for number in held.into_iter().filter(|number| *number != 0) {
                lines.push(name("thread_name", main, self.gil_tid() + number, &format!("GIL of interpreter {number}")));
            }
        }
        for pid in pids {
            let process = if pid == main { "main".to_owned() } else { format!("worker {pid}") };
            lines.push(name("process_name", pid, 0, &process));
        }
        lines.into_iter()
    }

    /// Start and end of the run, the pool.
    fn run(&mut self, main: &LaneInfo) {
        let trace = self.trace;
        self.instant(main, Time::ZERO, "start", "run", json!({}));
        if trace.end.is_some() {
            self.instant(main, self.end, "end", "run", json!({}));
        }
        if let Some(at) = trace.pool_created {
            let executor = if trace.to_thread() { Method::Threads } else { trace.method().unwrap_or(Method::Threads) };
            let arguments = json!({ "class": executor.executor(), "max_workers": trace.max_workers() });
            self.instant(main, at, "pool create", "pool", arguments);
        }
        if let Some(at) = trace.shutdown {
            self.stretch(main, at, trace.shutdown_done, "shutdown(wait=True)", "pool", json!({}));
        }
    }

    fn tasks(&mut self, main: &LaneInfo) {
        let trace = self.trace;
        for (n, task) in (0..).zip(&trace.tasks) {
            if let Some(at) = task.submit {
                self.instant(main, at, format!("submit {}", task.label), "submit", json!({ "n": n }));
            }
            if let Some((ran, lane)) = task.ran.and_then(|ran| Some((ran, self.lane(ran.lane)?))) {
                let mut arguments = arguments(task, n);
                if trace.method() == Some(Method::Interpreters) {
                    // The main interpreter is number 0.
                    arguments.insert("interp".to_owned(), json!(ran.lane));
                }
                let Ran { start, end, .. } = ran;
                self.stretch(&lane.info, start, end, &task.label, "task", Value::Object(arguments));
            }
        }
        if trace.to_thread() {
            self.coroutines(main);
        }
    }

    /// The coroutines that wait for the calls that run in threads.
    fn coroutines(&mut self, main: &LaneInfo) {
        let trace = self.trace;
        let coroutines = trace.lanes.iter().filter(|lane| lane.info.kind == LaneKind::Coroutine);
        for (n, (lane, task)) in (COROUTINES_FROM..).zip(coroutines.zip(&trace.tasks)) {
            let (Some(first), Some(last)) = (lane.spans.first(), lane.spans.last()) else { continue };
            let name = self.coroutine(&lane.info);
            // Its life is its lane's: it was made when `gather` was called, and ran when the loop came to it.
            let coroutine =
                TaskRecord { submit: Some(first.start), submitted: None, done: last.end, got: None, ..task.clone() };
            let started = lane.spans.iter().find(|span| span.state == crate::trace::State::OnCpu);
            self.instant(main, first.start, format!("submit {name}"), "submit", json!({ "n": n }));
            if let Some(started) = started {
                let arguments = Value::Object(arguments(&coroutine, n));
                self.stretch(&lane.info, started.start, last.end, name, "asyncio.task", arguments);
            }
        }
    }

    /// What the event loop ran: one step of a coroutine after another.
    fn steps(&mut self, main: &'a TracedLane) {
        if self.trace.method() != Some(Method::Asyncio) {
            return;
        }
        let mut count = vec![0; self.trace.tasks.len()];
        // A step may wait for the GIL in between: all that is of one task at once is one step.
        for step in main.spans.chunk_by(|before, span| before.task == span.task) {
            let (Some(first), Some(last)) = (step.first(), step.last()) else { continue };
            let Some((task, count)) = first.task.and_then(|task| Some((task, count.get_mut(task as usize)?))) else {
                continue;
            };
            let coroutine = self.trace.lanes.get(1 + task as usize).map(|lane| self.coroutine(&lane.info));
            let name = format!("{}#{count}", coroutine.unwrap_or_default());
            *count += 1;
            self.stretch(&main.info, first.start, last.end, name, "asyncio.step", json!({}));
        }
    }

    /// What every lane was doing, cut where a longer event begins or ends.
    fn states(&mut self) {
        let trace = self.trace;
        for (_, lane) in trace.live_lanes() {
            let info = &lane.info;
            let on_thread = self.events.iter().filter(|event| (event.pid, event.tid) == (info.pid, info.tid));
            let mut cuts: Vec<Time> = on_thread.filter_map(|event| Some([event.at, event.end?])).flatten().collect();
            cuts.sort_unstable();
            for span in &lane.spans {
                let task = span.task.and_then(|task| trace.tasks.get(task as usize));
                let mut arguments = match task {
                    Some(task) => json!({ "state": span.state, "task": task.label }),
                    None => json!({ "state": span.state }),
                };
                if let Some(line) = span.line {
                    arguments["line"] = json!(line);
                }
                if let Some(detail) = trace.detail(span.detail) {
                    arguments["detail"] = json!(detail);
                }
                let end = span.end.unwrap_or(self.end);
                let mut from = span.start;
                for cut in &cuts[cuts.partition_point(|cut| *cut <= from)..] {
                    if *cut >= end {
                        break;
                    }
                    if from < *cut {
                        self.stretch(info, from, Some(*cut), span.state.title(), "state", arguments.clone());
                        from = *cut;
                    }
                }
                self.stretch(info, from, Some(end), span.state.title(), "state", arguments);
            }
        }
    }

    /// Who held the GIL. Clocks agree to their resolution only: who took it later, held it later.
    fn holds(&mut self, main: &TracedLane) {
        let trace = self.trace;
        if !trace.has_shared_gil() {
            return;
        }
        let own = trace.live_lanes().filter(|(_, lane)| lane.info.pid == main.info.pid);
        let holds = own.flat_map(|(_, lane)| lane.holds.iter().map(move |hold| (hold, &lane.info)));
        let mut holds: Vec<_> = holds.collect();
        holds.sort_by_key(|(hold, _)| (hold.interpreter, hold.start, hold.end));
        for holds in holds.chunk_by(|(before, _), (hold, _)| before.interpreter == hold.interpreter) {
            let gil = LaneInfo { tid: self.gil_tid() + holds[0].0.interpreter, ..main.info.clone() };
            let mut free = Time::ZERO;
            for (hold, holder) in holds {
                let start = hold.start.max(free);
                let end = hold.end.unwrap_or(self.end).max(start);
                free = end;
                self.stretch(&gil, start, Some(end), &holder.name, "gil", json!({ "tid": holder.tid }));
            }
        }
    }

    fn output(&mut self) {
        let trace = self.trace;
        for line in &trace.output {
            let Some(lane) = self.lane(line.lane) else { continue };
            let name = match line.stream {
                Stream::Stdout => "stdout",
                Stream::Stderr => "stderr",
            };
            self.instant(&lane.info, line.at, name, name, json!({ "text": line.text }));
        }
    }

    fn lane(&self, number: u16) -> Option<&'a TracedLane> {
        self.trace.lanes.get(usize::from(number))
    }

    /// A number that no thread of the main process has.
    fn gil_tid(&self) -> u32 {
        self.trace.lanes.iter().map(|lane| lane.info.tid).max().unwrap_or(0) + 1
    }

    /// What a coroutine is called: where it waits for a thread, it is not the call itself.
    fn coroutine(&self, info: &LaneInfo) -> String {
        if !self.trace.to_thread() {
            return info.name.clone();
        }
        match info.name.split_once('(') {
            Some((function, ")")) => format!("to_thread({function})"),
            Some((function, arguments)) => format!("to_thread({function}, {arguments}"),
            None => format!("to_thread({})", info.name),
        }
    }

    fn instant(
        &mut self,
        on: &LaneInfo,
        at: Time,
        name: impl Into<Cow<'a, str>>,
        category: &'static str,
        arguments: Value,
    ) {
        let name = name.into();
        self.events.push(Event { at, end: None, name, category, pid: on.pid, tid: on.tid, arguments });
    }

    fn stretch(
        &mut self,
        on: &LaneInfo,
        at: Time,
        end: Option<Time>,
        name: impl Into<Cow<'a, str>>,
        category: &'static str,
        arguments: Value,
    ) {
        let (name, end) = (name.into(), Some(end.unwrap_or(self.end).max(at)));
        self.events.push(Event { at, end, name, category, pid: on.pid, tid: on.tid, arguments });
    }
}

/// A task's number, its times in µs, and how it ended.
fn arguments(task: &TaskRecord, n: u32) -> Map<String, Value> {
    let mut arguments = Map::new();
    arguments.insert("n".to_owned(), json!(n));
    let times = [("submit", task.submit), ("submit_ret", task.submitted), ("result", task.done), ("got", task.got)];
    for (name, time) in times {
        if let Some(time) = time {
            arguments.insert(name.to_owned(), json!(time.micros()));
        }
    }
    arguments.insert("state".to_owned(), json!(task.state()));
    if let Some(raised) = task.raised().filter(|_| task.state() != "CANCELLED") {
        arguments.insert("exception".to_owned(), json!(raised.line()));
    }
    arguments
}
