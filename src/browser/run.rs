//! A run's worker: makes the plan, gets the threads ready, carries the method out, hands the record over.
//!
//! Threads and their main thread are all on the pool, so this worker stays on its event loop: every 16 ms it hands over
//! what the lanes wrote, and it hears Stop. `sequential` runs on this very worker, which therefore hands its record
//! over before it blocks, and cannot hear Stop: the page ends it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::clock::{self, Worker};
use super::pause::AsyncWait;
use super::process::WebWorkers;
use super::worker::{listen, panicked, post, timeout};
use crate::gil::Gil;
use crate::host::{Host, Pause};
use crate::method::event_loop::Behind;
use crate::method::threads::Threads;
use crate::method::{Run, event_loop, lanes, processes, sequential};
use crate::presets;
use crate::time::{Anchor, Time};
use crate::trace::{End, Recorder};
use crate::wire::{FromRun, RunStart, ToRun, WireBatch};
use crate::workload::{Calibration, Method, Plan, Request, RequestError};

/// How often the record is handed over, in milliseconds: once a frame.
const PERIOD: f64 = 16.0;
/// How long the pool's workers may take to load, in milliseconds. 64 take about a second.
const LOADING: f64 = 20_000.0;

/// Parses a request about any example.
pub fn parse(request: &str) -> Result<Request, RequestError> {
    let ids: Vec<_> = presets::examples().iter().map(|example| example.id).collect();
    Request::parse(request, |id| presets::example(id).map(|example| example.workload), &ids)
}

/// The plan of a run; every memory of the run makes the same one.
pub fn plan(start: &RunStart) -> Result<Plan, RequestError> {
    let calibration = Calibration { divisions_per_second: start.environment.divisions_per_second };
    Ok(Plan::new(&parse(&start.request)?, start.environment.cores, calibration))
}

/// Carries out a run and tells the page all about it.
pub async fn run(start: RunStart) {
    let plan = match plan(&start) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return post(&FromRun::Ended { at: Time::ZERO, how: End::Failed(error.to_string()) }),
    };
    let seats = match plan.method {
        Method::Threads | Method::ThreadsFree | Method::Interpreters => Threads::seats(&plan),
        Method::Asyncio if plan.to_thread() => plan.most_workers() as usize,
        _ => 0,
    };
    if seats > 0
        && let Err(reason) = start_pool(seats).await
    {
        return post(&FromRun::Ended { at: Time::ZERO, how: End::Failed(reason) });
    }

    let recorder = Arc::new(Recorder::new(lanes::threads(&plan)));
    let stopped = Arc::new(AtomicBool::new(false));
    let (origin, now) = (clock::origin(), clock::reading());
    post(&FromRun::Began { origin, now });
    let anchor = Anchor::here(origin, now);
    let host: Arc<dyn Host> = Arc::new(Worker::new(anchor, Arc::clone(&stopped)));
    let run = Run { plan: Arc::clone(&plan), host: Arc::clone(&host), recorder: Arc::clone(&recorder) };
    let keeper = Keeper { host, recorder, ended: Rc::default() };
    let hand_over = keeper.clone();
    clock::hands_over(Rc::new(move || hand_over.hand_over()));
    let heard = keeper.clone();
    listen(move |ToRun::Stop| {
        // First the end: what a lane does on its way to a stop point is no part of the run.
        heard.end(End::Stopped);
        stopped.store(true, Ordering::Relaxed);
    });
    spawn_local(keeper.clone().keep());

    let broken = match plan.method {
        Method::Sequential => {
            sequential::run(&run);
            None
        }
        Method::Threads | Method::ThreadsFree | Method::Interpreters => {
            let threads = Threads::new(run);
            on_pool(seats, move |seat| threads.enter(seat)).await;
            None
        }
        Method::Processes => {
            let workers = WebWorkers::new(start, Arc::clone(&keeper.host), anchor);
            processes::run(&run, &workers).await
        }
        Method::Asyncio => {
            let pause = AsyncWait::new(Arc::clone(&keeper.host));
            let behind = plan.to_thread().then(|| {
                let gil = Arc::new(Gil::new(plan.switch_interval));
                let threads = Arc::new(Threads::behind_loop(run.clone(), Arc::clone(&gil), pause.alarm()));
                let workers = Arc::clone(&threads);
                // The loop itself joins them; nothing else waits for their end.
                drop(on_pool(seats, move |seat| workers.worker(seat as u32)));
                Behind { gil, threads }
            });
            event_loop::run(&run, &pause, behind).await;
            None
        }
    };
    keeper.end(broken.map_or(End::Complete, End::Failed));
}

/// Hands a run's record over, and its end once.
#[derive(Clone)]
struct Keeper {
    host: Arc<dyn Host>,
    recorder: Arc<Recorder>,
    ended: Rc<Cell<bool>>,
}

impl Keeper {
    fn hand_over(&self) {
        if !self.ended.get() {
            let batch = WireBatch::new(&self.recorder.take());
            if !batch.is_empty() {
                post(&FromRun::Batch(batch));
            }
        }
    }

    fn end(&self, how: End) {
        self.hand_over();
        if !self.ended.replace(true) {
            post(&FromRun::Ended { at: self.host.now(), how });
        }
    }

    async fn keep(self) {
        while !self.ended.get() {
            self.hand_over();
            if let Some(panic) = panicked() {
                self.end(End::Failed(panic));
            }
            timeout(PERIOD).await;
        }
    }
}

/// Starts the rayon pool's workers in this memory.
async fn start_pool(threads: usize) -> Result<(), String> {
    let pool = wasm_bindgen_rayon::init_thread_pool(threads);
    let late = Promise::new(&mut |resolve, _| {
        spawn_local(async move {
            timeout(LOADING).await;
            // The race is over by then, or this ends it: nobody hears a failure of this call.
            let _ = resolve.call1(&JsValue::NULL, &JsValue::TRUE);
        });
    });
    match JsFuture::from(Promise::race(&Array::of2(&pool, &late))).await {
        Ok(late) if late.is_truthy() => Err(format!(
            "{threads} threads did not start within {} s: the workers' script did not load, or a Content-Security-Policy \
             without `worker-src blob:` forbids it",
            LOADING / 1e3
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{threads} threads could not be started: {error:?}")),
    }
}

/// Calls `enter` once on each of `seats` threads of the pool, at once. The future ends when all of them have returned.
fn on_pool(seats: usize, enter: impl Fn(usize) + Send + Sync + 'static) -> impl Future<Output = ()> {
    let returned = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&returned);
    rayon::spawn_broadcast(move |context| {
        enter(context.index());
        count.fetch_add(1, Ordering::Release);
    });
    async move {
        while returned.load(Ordering::Acquire) < seats {
            timeout(PERIOD / 4.0).await;
        }
    }
}
