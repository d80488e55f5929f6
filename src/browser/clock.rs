//! A run's surroundings in a worker: the clock, sleep, and the way out for the record.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use js_sys::{Atomics, Int32Array};
use wasm_bindgen::prelude::*;

use crate::host::{Host, Why};
use crate::time::{Anchor, Time};

#[wasm_bindgen]
extern "C" {
    /// `performance`, which pages and workers both have.
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: web_sys::Performance;
}

/// `performance.timeOrigin` here, in milliseconds since 1970.
pub fn origin() -> f64 {
    PERFORMANCE.with(web_sys::Performance::time_origin)
}

/// `performance.now()` here, in milliseconds since the origin.
pub fn reading() -> f64 {
    PERFORMANCE.with(web_sys::Performance::now)
}

/// A clock that begins now, for measuring what is no run.
pub fn stopwatch() -> impl FnMut() -> Time {
    let anchor = Anchor::here(origin(), reading());
    move || anchor.time(origin(), reading())
}

/// The smallest step of this worker's clock that a moment of looking shows, in nanoseconds.
pub fn resolution_nanos() -> u64 {
    let mut now = stopwatch();
    let steps = (0..20_000).scan(now(), |last, _| {
        let time = now();
        Some(time.since(std::mem::replace(last, time)))
    });
    let smallest = steps.filter(|step| !step.is_zero()).min().unwrap_or_default();
    u64::try_from(smallest.as_nanos()).unwrap_or(u64::MAX)
}

thread_local! {
    static ORIGIN: f64 = origin();
    /// How this thread hands a run's record over; only the thread that does has one.
    static HAND_OVER: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
}

/// From now on it is this thread that hands the record over, in this way.
pub fn hands_over(way: Rc<dyn Fn()>) {
    HAND_OVER.with(|hand_over| *hand_over.borrow_mut() = Some(way));
}

/// How long a lane with a full ring waits for the thread that empties it: a fraction of that thread's period.
const FULL: Duration = Duration::from_millis(1);
/// Longer than any worker lives that was stopped.
const FOR_EVER: Duration = Duration::from_secs(3600);

thread_local! {
    /// The page's word for "stop", where this worker was handed it: it is read without coming back to the event loop.
    static STOP: RefCell<Option<Int32Array>> = const { RefCell::new(None) };
}

/// From now on this worker looks at the page's word for "stop": an `Int32Array` in memory that it shares with the page,
/// or `undefined` where a page that is not isolated has none.
pub fn look_at(stop: &JsValue) {
    STOP.with(|word| *word.borrow_mut() = stop.clone().dyn_into().ok());
}

/// The page's word for "stop", for a worker that this one makes.
pub fn stop_word() -> JsValue {
    STOP.with(|word| word.borrow().as_ref().map_or(JsValue::UNDEFINED, |word| word.clone().into()))
}

/// The surroundings of a run.
#[derive(Debug)]
pub struct Worker {
    anchor: Anchor,
    stopped: Arc<AtomicBool>,
}

impl Worker {
    /// The surroundings of a run whose clock is `anchor`, and that ends when `stopped` is set.
    pub fn new(anchor: Anchor, stopped: Arc<AtomicBool>) -> Worker {
        Worker { anchor, stopped }
    }
}

impl Host for Worker {
    fn now(&self) -> Time {
        self.anchor.time(ORIGIN.with(|origin| *origin), reading())
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn hand_over(&self, why: Why) {
        let way = HAND_OVER.with(|hand_over| hand_over.borrow().clone());
        match way {
            Some(way) => way(),
            None if why == Why::Full => std::thread::sleep(FULL),
            None => {}
        }
    }

    fn stop_point(&self) {
        let said = || STOP.with(|word| word.borrow().as_ref().is_some_and(|word| Atomics::load(word, 0) != Ok(0)));
        if self.stopped.load(Ordering::Relaxed) || said() {
            self.hand_over(Why::Blocks);
            // The page ends this worker. Until then it sleeps: whatever it did now would be no part of the run.
            loop {
                std::thread::sleep(FOR_EVER);
            }
        }
    }
}
