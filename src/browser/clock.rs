//! A run's surroundings in a worker: the clock, sleep, and the way out for the record.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
