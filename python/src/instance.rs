//! A process as its own worker sees it. The worker stays on its event loop: Python's threads, the main one too, are
//! workers in its memory, which it starts; every 16 ms it hands over what they recorded.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use gilscope::time::{Anchor, Time};
use gilscope::trace::{Batch, End, Stream};
use gilscope::wire::{FromRun, WireBatch, WireLine};
use rustpython_vm::vm::gil::{self, Hooks};

use crate::interpreter::{self, Program};
use crate::wire::{FromProcess, FromThread, ProcessStart, Role, RunStart, ToRun};
use crate::worker::{Child, failed, failure, listen, post, timeout};
use crate::{kernel, record, threads};

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
}

/// The exit code of a process that broke: as if by SIGABRT.
const ABORTED: i32 = -6;

/// Set by the main thread when the program is over.
static OVER: AtomicBool = AtomicBool::new(false);
static CODE: AtomicI32 = AtomicI32::new(0);

/// The program is over, though its threads may go on.
pub fn exit(code: i32) {
    CODE.store(code, Ordering::Relaxed);
    OVER.store(true, Ordering::Release);
}

impl Instance {
    fn new(start: RunStart, parent: Option<Anchor>) -> Instance {
        Instance {
            start,
            child: parent.is_some(),
            ended: Cell::new(false),
            threads: RefCell::default(),
            processes: RefCell::default(),
        }
    }

    async fn live(self: Rc<Self>, process: record::Process, program: Program) {
        record::open(process);
        let hooks = Hooks {
            spawn: |job| {
                let place = record::place("Thread", record::now());
                threads::spawn(Box::new(move || record::at(place, job)))
            },
            write: record::write,
            leave: record::leave,
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
            let over = OVER.load(Ordering::Acquire);
            self.hand_over();
            if let Some(reason) = failure() {
                self.end(End::Failed(reason));
            } else if over {
                self.end(End::Complete);
            }
            timeout(PERIOD).await;
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
            FromThread::Process { number, name, started, prepared } => self.fork(number, name, started, prepared),
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
            FromProcess::Batch(batch) => instance.tell(batch),
            FromProcess::Ended(code) => instance.bury(number, code),
            FromProcess::Failed(reason) => {
                instance.complain(format!("process {} died: {reason}", instance.start.pid + number));
                instance.bury(number, ABORTED);
            }
        };
        let instance = Rc::clone(self);
        let fails = move |reason: String| {
            instance.complain(format!("process {} died: {reason}", instance.start.pid + number));
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
        kernel::process_ended(number, code);
    }

    /// A line of the engine's own among the program's errors.
    fn complain(&self, text: String) {
        let line = WireLine { at: record::now(), lane: 0, stream: Stream::Stderr, text };
        self.tell(WireBatch::announce(&Batch::default(), Vec::new(), Vec::new(), vec![line]));
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
            End::Complete | End::Stopped => post(&FromProcess::Ended(CODE.load(Ordering::Relaxed))),
        }
    }
}
