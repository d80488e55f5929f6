//! A worker's beginning, and what all roles need of JavaScript.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use js_sys::{Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, ErrorEvent, MessageEvent, WorkerOptions, WorkerType};

use crate::wire::Role;
use crate::{instance, kernel, threads};

#[wasm_bindgen]
extern "C" {
    /// `setTimeout`, which pages and workers both have.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, millis: f64) -> JsValue;
}

/// What a panic said, in whichever thread of this memory it was.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Begins the worker's life; the page or a parent posted `role`, a parent together with what processes share.
///
/// # Errors
/// The role cannot be read: page and worker are not of one version.
#[wasm_bindgen(js_name = startPython)]
pub fn start_worker(role: JsValue) -> Result<(), JsError> {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        failed(panic.to_string());
    }));
    let shared = Reflect::get(&role, &"shared".into()).unwrap_or_default();
    let role = if shared.is_undefined() { role } else { Reflect::get(&role, &"role".into()).unwrap_or_default() };
    kernel::open(shared);
    match from_js(role)? {
        Role::Run(start) => spawn_local(instance::run(start)),
        Role::Process(start) => spawn_local(instance::process(start)),
        Role::Thread => threads::live(),
    }
    Ok(())
}

/// This memory cannot go on: the first reason is kept for whoever tells the reader.
pub fn failed(reason: String) {
    let reason = in_words(reason);
    PANIC.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
}

/// What a memory has at the most, in pages of 64 kB: as .cargo/config.toml says.
const MOST_PAGES: usize = 1 << 14;

/// What the browser said of a worker that died, in words that say more.
fn in_words(reason: String) -> String {
    if reason.contains("call stack") || reason.contains("too much recursion") {
        return format!("a thread’s stack is full: a recursion went too deep ({reason})");
    }
    // Who gets no memory stops there, and says nothing more.
    let full = core::arch::wasm32::memory_size(0) >= MOST_PAGES / 16 * 15;
    if full && reason.contains("unreachable") {
        return format!("out of memory: a process may have {} GB here ({reason})", MOST_PAGES >> 14);
    }
    reason
}

/// Why it cannot, if it cannot.
pub fn failure() -> Option<String> {
    PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// This worker's own global object.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Posts a message to whoever made this worker. May be called by a worker that never comes back to its event loop.
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
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| match from_js(event.data()) {
        Ok(message) => hear(message),
        Err(error) => wasm_bindgen::throw_val(error.into()),
    });
    scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    LISTENING.with(|listening| *listening.borrow_mut() = Some(heard));
}

thread_local! {
    /// Keeps the callback of [`listen`] alive as long as the worker.
    static LISTENING: RefCell<Option<Closure<dyn Fn(MessageEvent)>>> = const { RefCell::new(None) };
}

/// A worker that this one made.
pub struct Child {
    worker: web_sys::Worker,
    _heard: Closure<dyn Fn(MessageEvent)>,
    _failed: Closure<dyn Fn(web_sys::Event)>,
}

impl Child {
    /// Makes a worker of this role; in this memory if `shared`, and then with a stack of so many bytes. What it says
    /// goes to `hear`, what goes wrong with it to `fails`, in words.
    pub fn new<T: DeserializeOwned>(
        script: &str,
        name: &str,
        role: &Role,
        shared: Option<u32>,
        hear: impl Fn(T) + 'static,
        fails: impl Fn(String) + 'static,
    ) -> Result<Child, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(name);
        let worker = web_sys::Worker::new_with_options(script, &options)?;
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| match from_js(event.data()) {
            Ok(message) => hear(message),
            Err(error) => wasm_bindgen::throw_val(error.into()),
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        let script = script.to_owned();
        let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            let said = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|said| !said.is_empty());
            fails(said.unwrap_or_else(|| format!("{script} could not be loaded as a worker")));
        });
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        worker.set_onmessageerror(Some(failed.as_ref().unchecked_ref()));
        let first = Object::new();
        Reflect::set(&first, &"engine".into(), &"python".into())?;
        Reflect::set(&first, &"module".into(), &wasm_bindgen::module())?;
        let given = Object::new();
        Reflect::set(&given, &"role".into(), &to_js(role)?.into())?;
        Reflect::set(&given, &"shared".into(), &kernel::buffer())?;
        Reflect::set(&first, &"role".into(), &given)?;
        if let Some(stack) = shared {
            Reflect::set(&first, &"memory".into(), &wasm_bindgen::memory())?;
            Reflect::set(&first, &"stack".into(), &stack.into())?;
        }
        worker.post_message(&first)?;
        Ok(Child { worker, _heard: heard, _failed: failed })
    }

    /// Ends it at once, and what it made.
    pub fn terminate(&self) {
        self.worker.terminate();
    }
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
