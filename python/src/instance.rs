//! A process as its own worker sees it. The worker stays on its event loop: Python's threads, the main one too, are
//! workers in its memory, which it starts; every 16 ms it hands over what they recorded.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use gilscope::time::{Anchor, Time};
use gilscope::trace::{Batch, End, Stream};
use gilscope::wire::{FromRun, News, WireBatch, WireLine};
use rustpython_vm::vm::gil::{self, Hooks};

use crate::interpreter::{self, Program};
use crate::stuck::{self, Waiter};
use crate::wire::{FromProcess, FromThread, ProcessStart, Role, RunStart, ToRun};
use crate::worker::{Child, failed, failure, listen, post, timeout};
use crate::{fetch, kernel, record, threads, waits};

/// How often the record is handed over, in milliseconds: once a frame.
const PERIOD: f64 = 16.0;

/// Runs a program and tells the page all about it.
pub async fn run(start: RunStart) {
    let instance = Rc::new(Instance::new(start.clone(), None));
    let (origin, now) = (record::origin(), record::reading());
    let anchor = Anchor::here(origin, now);
    post(&FromRun::Began { origin, now });
    listen({
        let instance = Rc::clone(&instance);
        move |ToRun::Stop| instance.end(End::Stopped)
    });
    let process =
        record::Process { pid: start.pid, parent: 1, number: 0, name: None, anchor, cores: start.environment.cores };
    let program = Program { source: start.source, name: start.name, args: start.args, prepared: None };
    instance.live(process, program).await;
}

/// Is a further process.
pub async fn process(start: ProcessStart) {
    let instance = Rc::new(Instance::new(start.run.clone(), Some(start.anchor)));
    let run = start.run;
    let process = record::Process {
        pid: start.pid,
        parent: start.parent,
        number: start.number,
        name: Some(start.name),
        anchor: start.anchor,
        cores: run.environment.cores,
    };
    let program =
        Program { source: run.source, name: run.name, args: run.args, prepared: Some((start.started, start.prepared)) };
    instance.live(process, program).await;
}

struct Instance {
    start: RunStart,
    /// Whether there is a parent that is no page.
    child: bool,
    ended: Cell<bool>,
    threads: RefCell<Vec<Child>>,
    processes: RefCell<HashMap<u32, Child>>,
    /// Which of the processes wait for ever, with all of theirs.
    stuck: RefCell<HashMap<u32, (Time, Vec<Waiter>)>>,
    /// What the parent was told of that.
    told_stuck: RefCell<Option<(Time, Vec<Waiter>)>>,
    /// Since when nothing goes on anywhere, after how many moves of the kernel, and how often that was seen.
    quiet: Cell<Option<(Time, i32, u32)>>,
}

/// So long must nothing go on anywhere until that is called a deadlock, in milliseconds; and so often must that be seen.
const QUIET: f64 = 1000.0;
const SEEN: u32 = 20;

/// The exit code of a process that broke: as if by SIGABRT.
const ABORTED: i32 = -6;

/// Set by the main thread when the program is over.
static OVER: AtomicBool = AtomicBool::new(false);
static CODE: AtomicI32 = AtomicI32::new(0);

/// The program is over, though its threads may go on.
pub fn exit(code: i32) {
    CODE.store(code, Ordering::Relaxed);
    OVER.store(true, Ordering::Release);
    post(&FromThread::Over);
}

impl Instance {
    fn new(start: RunStart, parent: Option<Anchor>) -> Instance {
        Instance {
            start,
            child: parent.is_some(),
            ended: Cell::new(false),
            threads: RefCell::default(),
            processes: RefCell::default(),
            stuck: RefCell::default(),
            told_stuck: RefCell::default(),
            quiet: Cell::new(None),
        }
    }

    async fn live(self: Rc<Self>, process: record::Process, program: Program) {
        kernel::is(process.number);
        record::open(process);
        let hooks = Hooks {
            spawn: |job| {
                let place = record::place("Thread", record::now());
                threads::spawn(Box::new(move || record::at(place, job)))
            },
            write: record::write,
            leave: record::leave,
            waits: waits::waits,
            wait: record::wait,
            run: record::run,
        };
        gil::install(hooks, self.start.gil);
        let workers = 1 + if self.child { 0 } else { self.start.threads };
        threads::coming(workers);
        for _ in 0..workers {
            self.grow();
        }
        let began = program.prepared.as_ref().map_or(Time::ZERO, |(started, _)| *started);
        let place = record::place("MainThread", began);
        let interval = self.start.switch_interval;
        threads::spawn(Box::new(move || {
            record::at(place, || exit(interpreter::run(program, interval)));
        }));
        while !self.ended.get() {
            self.look();
            timeout(PERIOD).await;
        }
    }

    /// Hands the record over, and ends what is over.
    fn look(&self) {
        let over = OVER.load(Ordering::Acquire);
        self.hand_over();
        if let Some(reason) = failure() {
            self.end(End::Failed(reason));
        } else if over {
            self.end(match CODE.load(Ordering::Relaxed) {
                0 => End::Complete,
                code => End::Exit(code),
            });
        } else {
            self.look_for_deadlock();
        }
    }

    /// Starts a worker for a thread.
    fn grow(self: &Rc<Self>) {
        let name = format!("gilscope python thread {}", self.threads.borrow().len() + 1);
        let instance = Rc::clone(self);
        let hear = move |message: FromThread| instance.hear(message);
        match Child::new(&self.start.script, &name, &Role::Thread, Some(threads::STACK), hear, failed) {
            Ok(child) => self.threads.borrow_mut().push(child),
            Err(error) => failed(format!("a thread could not be started: {error:?}")),
        }
    }

    fn hear(self: &Rc<Self>, message: FromThread) {
        match message {
            FromThread::Grow => self.grow(),
            FromThread::Over => self.look(),
            FromThread::Process { number, name, started, prepared } => self.fork(number, name, started, prepared),
            FromThread::Fetch { number, request } => wasm_bindgen_futures::spawn_local(fetch::answer(number, request)),
            FromThread::Kill { number, code } => self.bury(number, code),
        }
    }

    /// Starts a process.
    fn fork(self: &Rc<Self>, number: u32, name: String, started: Time, prepared: Vec<u8>) {
        let own = record::process();
        let role = Role::Process(ProcessStart {
            run: self.start.clone(),
            anchor: own.anchor,
            number,
            pid: self.start.pid + number,
            parent: own.pid,
            name,
            started,
            prepared,
        });
        let instance = Rc::clone(self);
        let hear = move |message: FromProcess| match message {
            FromProcess::Batch(batch) => {
                // What it did came after what this process told it to do.
                instance.hand_over();
                instance.tell(batch);
            }
            FromProcess::Stuck(Some(waiters)) => {
                instance.stuck.borrow_mut().insert(number, waiters);
            }
            FromProcess::Stuck(None) => {
                instance.stuck.borrow_mut().remove(&number);
            }
            FromProcess::Ended(code) => instance.bury(number, code),
            FromProcess::Failed(reason) => {
                instance.complain(format!("process {} died: {reason}", instance.start.pid + number));
                instance.bury(number, ABORTED);
            }
        };
        let instance = Rc::clone(self);
        let fails = move |reason: String| {
            // Its own worker died, and cannot look at its memory. A panic would have told why.
            let perhaps = if reason.contains("unreachable") { " (as where there is no more memory)" } else { "" };
            instance.complain(format!("process {} died: {reason}{perhaps}", instance.start.pid + number));
            instance.bury(number, ABORTED);
        };
        match Child::new(&self.start.script, &format!("gilscope python process {number}"), &role, None, hear, fails) {
            Ok(child) => {
                self.processes.borrow_mut().insert(number, child);
            }
            Err(error) => {
                self.complain(format!("a process could not be started: {error:?}"));
                kernel::process_ended(number, ABORTED);
            }
        }
    }

    /// A process has ended, or is to end now.
    fn bury(&self, number: u32, code: i32) {
        if let Some(child) = self.processes.borrow_mut().remove(&number) {
            child.terminate();
        }
        self.stuck.borrow_mut().remove(&number);
        kernel::process_ended(number, code);
    }

    /// A line of the engine's own among the program's errors.
    fn complain(&self, text: String) {
        self.complain_of(0, None, text);
    }

    fn complain_of(&self, lane: u16, source_line: Option<u32>, text: String) {
        let line = WireLine { at: record::now(), lane, stream: Stream::Stderr, text, source_line };
        let news = News { lines: vec![line], ..News::default() };
        self.tell(WireBatch::announce(&Batch::default(), news));
    }

    /// All threads here and in all processes of this one, if they wait for ever; since when.
    fn all_wait(&self) -> Option<(Time, Vec<Waiter>)> {
        let (mut since, mut waiters) = stuck::all_wait()?;
        let stuck = self.stuck.borrow();
        for number in self.processes.borrow().keys() {
            let (since_there, there) = stuck.get(number)?;
            since = since.max(*since_there);
            waiters.extend_from_slice(there);
        }
        Some((since, waiters))
    }

    /// Ends a run that can never go on by itself, and says why.
    fn look_for_deadlock(&self) {
        let now = self.all_wait();
        if self.child {
            // What lasts no longer than a few rounds is no news.
            let now = now.filter(|(since, _)| record::now().since(*since).as_secs_f64() * 1e3 > QUIET / 4.0);
            let mut told = self.told_stuck.borrow_mut();
            if *told != now {
                post(&FromProcess::Stuck(now.clone()));
                *told = now;
            }
            return;
        }
        let Some((since, waiters)) = now else { return self.quiet.set(None) };
        let moves = kernel::moves();
        let (from, seen) = match self.quiet.get() {
            Some((from, before, seen)) if before == moves && from >= since => (from, seen + 1),
            _ => (record::now(), 1),
        };
        self.quiet.set(Some((from, moves, seen)));
        if seen >= SEEN && record::now().since(from).as_secs_f64() * 1e3 >= QUIET {
            let lines = stuck::lines(&waiters);
            self.hand_over();
            self.complain("deadlock: no thread can go on".to_owned());
            for (waiter, line) in &lines {
                self.complain_of(waiter.lane, waiter.line, format!("  {line}"));
            }
            let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
            self.end(End::Deadlock(lines.join("; ")));
        }
    }

    fn hand_over(&self) {
        if self.ended.get() {
            return;
        }
        let batch = record::take();
        if !batch.is_empty() {
            self.tell(batch);
        }
    }

    fn tell(&self, batch: WireBatch) {
        if self.child {
            post(&FromProcess::Batch(batch));
        } else {
            post(&FromRun::Batch(batch));
        }
    }

    fn end(&self, how: End) {
        self.hand_over();
        if self.ended.replace(true) {
            return;
        }
        if !self.child {
            return post(&FromRun::Ended { at: record::now(), how });
        }
        match how {
            End::Failed(reason) => post(&FromProcess::Failed(reason)),
            End::Complete | End::Exit(_) | End::Stopped | End::Deadlock(_) => {
                post(&FromProcess::Ended(CODE.load(Ordering::Relaxed)))
            }
        }
    }
}
