//! Processes: Web Workers with a memory of their own. The parent's side, and the process's own life.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

use super::clock::{self, Worker as WorkerHost};
use super::mailbox::Mailbox;
use super::run::plan;
use super::worker::{from_js, listen, post, scope, timeout, to_js};
use crate::host::{Host, Processes, Said};
use crate::method::{Exited, Run, processes};
use crate::time::{Anchor, Time, millis};
use crate::trace::Recorder;
use crate::wire::{FromProcess, FromRun, ProcessStart, Role, RunStart, ToProcess, WireBatch};

/// How long a process may take to load its module, in milliseconds.
const LOADING: f64 = 20_000.0;

/// The processes of a run, as its worker sees them.
pub struct WebWorkers {
    start: RunStart,
    host: Arc<dyn Host>,
    anchor: Anchor,
    letters: Mailbox<Said>,
    workers: RefCell<Vec<WebWorker>>,
}

/// It is never terminated: it ends with its run's worker. Chromium leaves workers behind whose maker ends while they do.
struct WebWorker {
    worker: web_sys::Worker,
    _heard: Closure<dyn Fn(MessageEvent)>,
    _failed: Closure<dyn Fn(web_sys::Event)>,
}

impl WebWorkers {
    /// No process yet.
    pub fn new(start: RunStart, host: Arc<dyn Host>, anchor: Anchor) -> WebWorkers {
        WebWorkers { start, host, anchor, letters: Mailbox::default(), workers: RefCell::default() }
    }

    fn spawn(&self, worker: u32, ready: &Rc<RefCell<bool>>) -> Result<WebWorker, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(&format!("gilscope process {}", worker + 1));
        let web_worker = web_sys::Worker::new_with_options(&self.start.script, &options)?;

        let (letters, up) = (self.letters.clone(), Rc::clone(ready));
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| match from_js(event.data()) {
            Ok(FromProcess::Ready) => {
                *up.borrow_mut() = true;
                letters.put(Said::Ready { worker });
            }
            Ok(FromProcess::Batch(batch)) => post(&FromRun::Batch(batch)),
            Ok(FromProcess::Answer(answer)) => letters.put(Said::Result { worker, answer }),
            Ok(FromProcess::Exited) => letters.put(Said::Exited { worker }),
            Ok(FromProcess::Failed(reason)) => letters.put(Said::Died { worker, reason }),
            Err(_) => letters.put(Said::Died { worker, reason: "a process said what cannot be read".to_owned() }),
        });
        web_worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));

        let (letters, script) = (self.letters.clone(), self.start.script.clone());
        let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|said| !said.is_empty());
            let reason = match said {
                Some(said) => format!("a process died: {said}"),
                None => format!("a process could not load {script}"),
            };
            letters.put(Said::Died { worker, reason });
        });
        web_worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        web_worker.set_onmessageerror(Some(failed.as_ref().unchecked_ref()));

        // The module, and nothing of this memory.
        let role = Role::Process(ProcessStart {
            run: self.start.clone(),
            worker,
            started: self.host.now(),
            anchor: self.anchor,
        });
        let first = Object::new();
        Reflect::set(&first, &"module".into(), &wasm_bindgen::module())?;
        Reflect::set(&first, &"role".into(), &to_js(&role)?)?;
        Reflect::set(&first, &"shared".into(), &clock::stop_word())?;
        web_worker.post_message(&first)?;
        Ok(WebWorker { worker: web_worker, _heard: heard, _failed: failed })
    }
}

impl Processes for WebWorkers {
    fn start(&self, worker: u32) {
        let ready = Rc::new(RefCell::new(false));
        match self.spawn(worker, &ready) {
            Ok(web_worker) => self.workers.borrow_mut().push(web_worker),
            Err(error) => {
                let reason = format!("a process could not be started: {error:?}");
                return self.letters.put(Said::Died { worker, reason });
            }
        }
        let letters = self.letters.clone();
        spawn_local(async move {
            timeout(LOADING).await;
            if !*ready.borrow() {
                let reason = format!("a process did not come up within {} s", LOADING / 1e3);
                letters.put(Said::Died { worker, reason });
            }
        });
    }

    fn send(&self, worker: u32, call: Vec<u8>) {
        let message = ToProcess::Call(call, self.host.now());
        let workers = self.workers.borrow();
        let web_worker = workers.get(worker as usize).map(|worker| &worker.worker);
        let sent = to_js(&message).map_err(JsValue::from).and_then(|message| match web_worker {
            Some(web_worker) => web_worker.post_message(&message),
            None => Err("it is not there".into()),
        });
        if let Err(error) = sent {
            let reason = format!("a call could not be sent to a process: {error:?}");
            self.letters.put(Said::Died { worker, reason });
        }
    }

    async fn next(&self, deadline: Option<Time>) -> Option<Said> {
        let Some(deadline) = deadline else { return self.letters.take_if(|| true).await };
        let left = millis(deadline.since(self.host.now()));
        if left > 0.0 {
            let letters = self.letters.clone();
            spawn_local(async move {
                timeout(left).await;
                letters.wake();
            });
        }
        self.letters.take_if(|| self.host.now() < deadline).await
    }

    fn terminate(&self) {
        // Nothing more is heard of them; they end with this worker, which is soon.
        for web_worker in self.workers.borrow().iter() {
            web_worker.worker.set_onmessage(None);
            web_worker.worker.set_onerror(None);
            web_worker.worker.set_onmessageerror(None);
        }
    }
}

/// The life of a process: it comes up, and answers calls.
pub fn live(start: ProcessStart) {
    let plan = match plan(&start.run) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return post(&FromProcess::Failed(error.to_string())),
    };
    let recorder = Arc::new(Recorder::new(1));
    let host = Arc::new(WorkerHost::new(start.anchor, Arc::default()));
    let hand_over: Rc<dyn Fn()> = {
        let recorder = Arc::clone(&recorder);
        Rc::new(move || {
            let batch = WireBatch::new(&recorder.take());
            if !batch.is_empty() {
                post(&FromProcess::Batch(batch));
            }
        })
    };
    clock::hands_over(Rc::clone(&hand_over));
    let process = processes::Worker::new(Run { plan, host, recorder }, start.worker, start.started);
    hand_over();
    let answers = Rc::clone(&hand_over);
    listen(move |ToProcess::Call(call, sent)| {
        let answer = process.call(&call, sent);
        answers();
        match answer {
            Ok(answer) => post(&FromProcess::Answer(answer)),
            Err(Exited) => {
                // A worker that is closed tells nobody: these are its last words.
                post(&FromProcess::Exited);
                scope().close();
            }
        }
    });
    post(&FromProcess::Ready);
}
