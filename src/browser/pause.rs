//! How an event loop waits in a worker without blocking it: `Atomics.waitAsync` on a word of shared memory.
//!
//! `setTimeout` cannot serve: from the fifth nested call on browsers stretch it to 4 ms. `waitAsync` keeps the time to
//! a tenth of a millisecond, and another thread can end it by `Atomics.notify`, as `call_soon_threadsafe` must.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use js_sys::{Atomics, Int32Array, Promise, Reflect, WebAssembly};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::worker::timeout;
use crate::host::{Alarm, Host, Pause};
use crate::time::{Time, millis};

/// Set while the alarm has rung and nobody has heard it.
const RUNG: i32 = 1;
const SILENT: i32 = 0;
/// Where `Atomics.waitAsync` is missing, how long a wait is at the most before it looks again, in milliseconds.
const LOOK_AGAIN: f64 = 4.0;

/// The wait of an event loop.
#[derive(Debug)]
pub struct AsyncWait {
    word: Bell,
    host: Arc<dyn Host>,
}

impl AsyncWait {
    /// The wait of an event loop that lives by this host's clock.
    pub fn new(host: Arc<dyn Host>) -> AsyncWait {
        AsyncWait { word: Bell(Arc::new(AtomicI32::new(SILENT))), host }
    }
}

impl Pause for AsyncWait {
    async fn until(&self, deadline: Option<Time>) {
        while self.word.0.swap(SILENT, Ordering::AcqRel) == SILENT {
            let left = deadline.map(|deadline| millis(deadline.since(self.host.now())));
            if left.is_some_and(|left| left <= 0.0) {
                return;
            }
            match self.word.wait_async(left) {
                Ok(promise) => {
                    // Whichever way the wait ended, the loop looks at the bell and the clock.
                    let _ = JsFuture::from(promise).await;
                }
                Err(_) => timeout(left.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN)).await,
            }
        }
    }

    fn alarm(&self) -> Box<dyn Alarm> {
        Box::new(self.word.clone())
    }
}

/// A word in shared memory that threads ring by.
#[derive(Clone, Debug)]
struct Bell(Arc<AtomicI32>);

impl Bell {
    /// The word as JavaScript sees it: an array over the whole memory, and its place there.
    fn view(&self) -> (Int32Array, u32) {
        let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
        let place = self.0.as_ptr() as usize / size_of::<AtomicI32>();
        (Int32Array::new(&memory.buffer()), place as u32)
    }

    fn wait_async(&self, left: Option<f64>) -> Result<Promise, JsValue> {
        let (array, place) = self.view();
        let waiting = match left {
            Some(left) => Atomics::wait_async_with_timeout(&array, place, SILENT, left)?,
            None => Atomics::wait_async(&array, place, SILENT)?,
        };
        let value = Reflect::get(&waiting, &"value".into())?;
        // A string, not a promise, when it need not wait at all.
        Ok(value.dyn_into().unwrap_or_else(|value| Promise::resolve(&value)))
    }
}

impl Alarm for Bell {
    fn ring(&self) {
        self.0.store(RUNG, Ordering::Release);
        let (array, place) = self.view();
        // Nobody to wake is fine: the loop sees the word before it waits.
        let _ = Atomics::notify(&array, place);
    }
}
