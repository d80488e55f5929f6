//! A worker's beginning: its role, and what all roles need.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use js_sys::Promise;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::{clock, process, run};
use crate::wire::{Measured, Role};
use crate::workload::Calibration;

#[wasm_bindgen]
extern "C" {
    /// `setTimeout`, which pages and workers both have.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, millis: f64) -> JsValue;
}

/// What a panic said, in whichever thread of this memory it was.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Begins the worker's life; the page or a parent posted `role`, and `stop` if there is memory to share: an
/// `Int32Array` whose first word is 0 until the run is to be stopped.
///
/// # Errors
/// The role cannot be read: page and worker are not of one version.
#[wasm_bindgen(js_name = startWorker)]
pub fn start_worker(role: JsValue, stop: JsValue) -> Result<(), JsError> {
    listen_for_panics();
    clock::look_at(&stop);
    match from_js(role)? {
        Role::Measure => {
            let calibration = Calibration::measure(clock::stopwatch());
            post(&Measured { calibration, clock_resolution_nanos: clock::resolution_nanos() });
        }
        Role::Run(start) => spawn_local(run::run(start)),
        Role::Process(start) => process::live(start),
    }
    Ok(())
}

/// A panic is told to the console, and kept for whoever tells the reader.
pub fn listen_for_panics() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        PANIC.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| panic.to_string());
    }));
}

/// What a panic said, if there was one.
pub fn panicked() -> Option<String> {
    PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// This worker's own global object.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message to whoever made this worker.
pub fn post(message: &impl Serialize) {
    match to_js(message) {
        Ok(message) => {
            if let Err(error) = scope().post_message(&message) {
                wasm_bindgen::throw_val(error);
            }
        }
        Err(error) => wasm_bindgen::throw_val(error.into()),
    }
}

/// Calls `hear` with every message from now on.
pub fn listen<T: DeserializeOwned>(hear: impl Fn(T) + 'static) {
    let heard = Hears::new(move |event: MessageEvent| match from_js(event.data()) {
        Ok(message) => hear(message),
        Err(error) => wasm_bindgen::throw_val(error.into()),
    });
    scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    LISTENING.with(|listening| *listening.borrow_mut() = Some(heard));
}

/// A callback for messages.
type Hears = Closure<dyn Fn(MessageEvent)>;

thread_local! {
    /// Keeps the callback of [`listen`] alive as long as the worker.
    static LISTENING: RefCell<Option<Hears>> = const { RefCell::new(None) };
}

/// Waits so many milliseconds, with `setTimeout`'s precision.
pub async fn timeout(millis: f64) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, millis);
    });
    let _ = JsFuture::from(promise).await;
}

/// A Rust value as a JavaScript object.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false);
    value.serialize(&serializer).map_err(JsError::from)
}

/// A JavaScript object as a Rust value.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsError> {
    serde_wasm_bindgen::from_value(value).map_err(JsError::from)
}
