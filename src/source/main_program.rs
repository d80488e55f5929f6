//! The main program's part: how it makes the calls, what it does then, how it waits and what it prints.

use super::Program;
use super::calls::{self, Batch, Over};
use super::layout::{Between, Node, Page};
use super::text;
use crate::workload::{Calls, MainStep, Method, PrintResults, StartMethod};

/// What is done with each call, as it is made.
enum Keep {
    /// Nothing.
    No,
    /// It is appended to this list.
    In(String),
    /// It is printed.
    Print,
}

impl Keep {
    fn list(name: &str) -> Keep {
        if name.is_empty() { Keep::No } else { Keep::In(name.to_owned()) }
    }

    fn wrap(&self, call: Node) -> Node {
        match self {
            Keep::No => call,
            Keep::In(list) => Node::group(format!("{list}.append("), vec![call], ")", Between::Commas),
            Keep::Print => Node::group("print(", vec![call], ")", Between::Commas),
        }
    }
}

impl Program<'_> {
    /// The main program's function.
    pub(super) fn entry(&mut self, page: &mut Page) {
        let batches = calls::batches(self.workload, &self.called, |task| self.keywords(task));
        let lists: Vec<_> = batches.iter().map(|batch| self.name_list(&batch.over)).collect();
        let asynchronous = self.method == Method::Asyncio;
        page.line(0, format!("{}def {}():", if asynchronous { "async " } else { "" }, self.entry));
        page.line(1, format!("\"\"\"{}\"\"\"", self.describe(&batches)));
        for (batch, name) in batches.iter().zip(&lists) {
            if let Some(list) = batch.over.list() {
                page.node(1, &format!("{name} = "), &list, "");
            }
        }
        self.print_lines(page, &self.workload.before);
        let kept = if self.keeps() { self.names.take(self.kept_name()) } else { String::new() };
        self.kept.clone_from(&kept);
        match self.method {
            Method::Sequential => self.plain_calls(page, &batches, &lists),
            Method::Asyncio => self.coroutine_calls(page, &batches, &lists),
            _ => self.executor_calls(page, &batches, &lists),
        }
        self.print_lines(page, &self.workload.after);
        if self.workload.prints_list() {
            page.line(1, format!("print({})", self.all_results()));
        }
        if self.workload.prints_each(self.method) {
            page.line(1, format!("return {kept}"));
        }
        page.blank(2);
    }

    /// Whether the calls are kept: their results, their futures or their tasks.
    fn keeps(&self) -> bool {
        let results = self.workload.prints_list() || self.workload.prints_each(self.method);
        let cancels = self.workload.then.iter().any(|step| matches!(step, MainStep::Cancel(_)));
        let completed = self.workload.results == PrintResults::AsCompleted;
        match self.method {
            Method::Sequential => results,
            Method::Asyncio => results || self.makes_tasks(),
            _ => results || cancels || completed,
        }
    }

    /// What is kept of a call: its future, its task, or at once its result.
    fn kept_name(&self) -> &'static str {
        match self.method {
            Method::Asyncio if self.makes_tasks() => "tasks",
            Method::Sequential | Method::Asyncio => "results",
            _ if self.workload.calls == Calls::Submit => "futures",
            _ => "results",
        }
    }

    /// Under asyncio: whether there is a task for each call, instead of one `gather` or `await` after `await`.
    fn makes_tasks(&self) -> bool {
        let then = !self.workload.then.is_empty() && self.workload.calls != Calls::SubmitAndWait;
        self.method == Method::Asyncio && (then || self.workload.results == PrintResults::AsCompleted)
    }

    /// The calls one after the other.
    fn plain_calls(&self, page: &mut Page, batches: &[Batch], lists: &[String]) {
        if !self.kept.is_empty() {
            page.line(1, format!("{} = []", self.kept));
        }
        let keep = if self.workload.prints_as_they_come(self.method) { Keep::Print } else { Keep::list(&self.kept) };
        self.statements(page, 1, batches, lists, &keep, |args, task| self.call("", task, args));
        self.then(page, 1, batches, &keep, |args, task| self.call("", task, args));
    }

    fn coroutine_calls(&self, page: &mut Page, batches: &[Batch], lists: &[String]) {
        let to_thread = if self.workload.to_thread { "asyncio.to_thread" } else { "" };
        let call = |args, task| self.call(to_thread, task, args);
        let kept = &self.kept;
        let keep = Keep::list(kept);
        if self.makes_tasks() {
            page.line(1, format!("{kept} = []"));
            let create = |args, task| Node::group("asyncio.create_task(", vec![call(args, task)], ")", Between::Commas);
            self.statements(page, 1, batches, lists, &keep, create);
            self.then(page, 1, batches, &keep, create);
            if self.workload.results == PrintResults::AsCompleted {
                let task = self.names.free("task");
                page.line(1, format!("for {task} in asyncio.as_completed({kept}):"));
                page.line(2, format!("print(await {task})"));
            } else {
                page.line(1, format!("await asyncio.wait({kept})"));
            }
            return;
        }
        if self.workload.calls == Calls::SubmitAndWait {
            if !kept.is_empty() {
                page.line(1, format!("{kept} = []"));
            }
            let wait = |args, task| Node::Keyed("await ".to_owned(), Box::new(call(args, task)));
            self.statements(page, 1, batches, lists, &keep, wait);
            self.then(page, 1, batches, &keep, wait);
            return;
        }
        let gathered = batches.iter().zip(lists).map(|(batch, list)| match batch.over.header(list) {
            None => call(batch.arguments(""), batch.task),
            Some((variable, over)) => {
                let variable = self.variable(variable);
                let call = call(batch.arguments(&variable), batch.task);
                let each = Node::text(format!("for {variable} in {over}"));
                Node::group("*(", vec![call, each], ")", Between::Spaces)
            }
        });
        let gathered: Vec<_> = gathered.collect();
        let between = if gathered.len() > 1 { Between::Lines } else { Between::Commas };
        let gather = Node::group("await asyncio.gather(", gathered, ")", between);
        page.node(1, &if kept.is_empty() { String::new() } else { format!("{kept} = ") }, &gather, "");
    }

    fn executor_calls(&mut self, page: &mut Page, batches: &[Batch], lists: &[String]) {
        self.executor = self.names.take("executor");
        let executor = &self.executor;
        let kept = &self.kept;
        let made = Node::group(format!("{}(", self.method.executor()), self.executor_settings(), ")", Between::Commas);
        if !kept.is_empty() && self.workload.calls != Calls::Map {
            page.line(1, format!("{kept} = []"));
        }
        // What a step shuts down itself needs no `with`.
        let indent = if self.workload.shuts_down() {
            page.node(1, &format!("{executor} = "), &made, "");
            1
        } else {
            page.node(1, "with ", &made, &format!(" as {executor}:"));
            2
        };
        let keep = Keep::list(kept);
        let submit = format!("{executor}.submit");
        let submit = |args, task| self.call(&submit, task, args);
        match self.workload.calls {
            Calls::Submit => self.statements(page, indent, batches, lists, &keep, submit),
            Calls::SubmitAndWait => {
                let wait = |args, task| Node::Ended(Box::new(submit(args, task)), ".result()");
                self.statements(page, indent, batches, lists, &keep, wait);
            }
            Calls::Map => self.map(page, indent, batches, lists),
        }
        self.then(page, indent, batches, &keep, submit);
        if self.workload.results == PrintResults::AsCompleted {
            let future = self.names.free("future");
            page.line(indent, format!("for {future} in as_completed({kept}):"));
            page.line(indent + 1, format!("print({future}.result())"));
        }
    }

    /// `executor.map()`: all calls are of one function, so that they are one batch; or they are written one by one.
    fn map(&self, page: &mut Page, indent: usize, batches: &[Batch], lists: &[String]) {
        let function = Node::text(self.functions[self.called[0]].0.clone());
        let mut args = vec![function];
        args.extend(calls::columns(self.workload, batches, lists));
        if self.workload.chunksize > 1 {
            args.push(Node::text(format!("chunksize={}", self.workload.chunksize)));
        }
        let map = Node::group(format!("{}.map(", self.executor), args, ")", Between::Commas);
        if self.workload.results == PrintResults::Each {
            let result = self.names.free("result");
            page.node(indent, &format!("for {result} in "), &map, ":");
            page.line(indent + 1, format!("print({result})"));
        } else if self.kept.is_empty() {
            page.node(indent, "", &map, "");
        } else {
            let list = Node::group("list(", vec![map], ")", Between::Commas);
            page.node(indent, &format!("{} = ", self.kept), &list, "");
        }
    }

    /// Each batch as a call, or as a loop of calls; those that a later step makes are left out.
    fn statements(
        &self,
        page: &mut Page,
        indent: usize,
        batches: &[Batch],
        lists: &[String],
        keep: &Keep,
        call: impl Fn(Vec<Node>, usize) -> Node,
    ) {
        let first = self.workload.submitted_first() as usize;
        let mut nothing = indent > 1;
        for (batch, list) in batches.iter().zip(lists).filter(|(batch, _)| batch.task < first) {
            nothing = false;
            match batch.over.header(list) {
                None => page.node(indent, "", &keep.wrap(call(batch.arguments(""), batch.task)), ""),
                Some((variable, over)) => {
                    let variable = self.variable(variable);
                    page.line(indent, format!("for {variable} in {over}:"));
                    page.node(indent + 1, "", &keep.wrap(call(batch.arguments(&variable), batch.task)), "");
                }
            }
        }
        if nothing && self.workload.then.is_empty() {
            page.line(indent, "pass");
        }
    }

    /// What the main program does when the calls are made.
    fn then(
        &self,
        page: &mut Page,
        indent: usize,
        batches: &[Batch],
        keep: &Keep,
        call: impl Fn(Vec<Node>, usize) -> Node,
    ) {
        let kept = &self.kept;
        for step in &self.workload.then {
            match step {
                MainStep::Print(line) => self.print_line(page, indent, line),
                MainStep::Sleep(seconds) => page.line(indent, format!("{}({seconds})", self.main_sleep())),
                MainStep::Submit(task) => {
                    if let Some(batch) = batches.iter().find(|batch| batch.task == *task as usize) {
                        page.node(indent, "", &keep.wrap(call(batch.arguments(""), batch.task)), "");
                    }
                }
                MainStep::Cancel(task) if self.method != Method::Sequential => {
                    page.line(indent, format!("print(\"cancel {task}:\", {kept}[{task}].cancel())"));
                }
                MainStep::Shutdown { cancel_futures: true, .. } if self.makes_tasks() => {
                    let task = self.names.free("task");
                    page.line(indent, format!("for {task} in {kept}:"));
                    page.line(indent + 1, format!("{task}.cancel()"));
                }
                MainStep::Shutdown { wait, cancel_futures } if self.has_executor() => {
                    let settings = [(!wait).then_some("wait=False"), cancel_futures.then_some("cancel_futures=True")];
                    let settings: Vec<_> = settings.into_iter().flatten().collect();
                    page.line(indent, format!("{}.shutdown({})", self.executor, settings.join(", ")));
                }
                // There is no executor, and all calls have been made.
                MainStep::Cancel(_) | MainStep::Shutdown { .. } => {}
            }
        }
    }

    /// How the main program sleeps.
    pub(super) fn main_sleep(&self) -> &'static str {
        if self.method == Method::Asyncio { "await asyncio.sleep" } else { "time.sleep" }
    }

    fn has_executor(&self) -> bool {
        !matches!(self.method, Method::Sequential | Method::Asyncio)
    }

    /// What the executor is made with.
    fn executor_settings(&self) -> Vec<Node> {
        let workers = self.workload.max_workers.map(|most| format!("max_workers={most}"));
        let context = self.start_method().map(|id| format!("mp_context=get_context(\"{id}\")"));
        workers.into_iter().chain(context).map(Node::text).collect()
    }

    /// The start method, where the program must name it.
    pub(super) fn start_method(&self) -> Option<&'static str> {
        self.workload.start_method.filter(|_| self.method == Method::Processes).map(StartMethod::id)
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

    fn all_results(&self) -> String {
        let kept = &self.kept;
        match self.kept_name() {
            "futures" | "tasks" => {
                let one = self.names.free(self.kept_name().trim_end_matches('s'));
                format!("[{one}.result() for {one} in {kept}]")
            }
            _ => kept.clone(),
        }
    }

    fn print_lines(&self, page: &mut Page, lines: &[String]) {
        for line in lines {
            self.print_line(page, 1, line);
        }
    }

    fn print_line(&self, page: &mut Page, indent: usize, line: &str) {
        // The executor's name is known while the program is written, so the text needs no field.
        let pieces = text::pieces(line, |name| (name == "executor").then_some(self.method.executor()));
        page.node(indent, "", &text::print(pieces.into_iter().map(text::Piece::constant)), "");
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
            Method::Asyncio if self.workload.calls == Calls::SubmitAndWait => {
                format!("Await {calls}{each}, one after the other.")
            }
            Method::Asyncio if self.workload.to_thread && each.is_empty() => "Hand each call to a thread.".to_owned(),
            Method::Asyncio if self.workload.to_thread => format!("Hand {calls}{each} to a thread."),
            Method::Asyncio if each.is_empty() => "Run the coroutines on one event loop.".to_owned(),
            Method::Asyncio => format!("Run a coroutine{each}, all on one event loop."),
            _ if self.workload.calls == Calls::Map => "Map a function over its arguments.".to_owned(),
            _ if self.workload.calls == Calls::SubmitAndWait => {
                format!("Submit {calls}{each}, one when the one before has ended.")
            }
            Method::Interpreters => format!("Submit {calls}{each} to an InterpreterPoolExecutor."),
            _ => format!("Submit {calls}{each} to a {}.", self.method.executor()),
        }
    }

    /// What runs when the file runs, and not when a worker imports it.
    pub(super) fn guard(&mut self, page: &mut Page) {
        if matches!(self.method, Method::Processes | Method::Interpreters) {
            page.line(0, "# The workers import this file too: only the main program may go on here.");
        }
        page.line(0, r#"if __name__ == "__main__":"#);
        let call = match self.method {
            Method::Asyncio => format!("asyncio.run({}())", self.entry),
            _ => format!("{}()", self.entry),
        };
        if !self.workload.prints_each(self.method) {
            page.line(1, call);
            return;
        }
        let (one, result) = match self.kept_name() {
            "futures" => ("future", ".result()"),
            "tasks" => ("task", ".result()"),
            _ => ("result", ""),
        };
        let (all, one) = (&self.kept, self.names.free(one));
        page.line(1, format!("{all} = {call}"));
        page.line(1, format!("for {one} in {all}:"));
        page.line(2, format!("print({one}{result})"));
    }
}
