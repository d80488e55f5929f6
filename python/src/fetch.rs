//! An address, fetched by the browser while the thread that asked waits. So a page's programs do real I/O.
//!
//! The process's own worker, which never blocks, does it: a thread's worker could ask by itself, and block, but then the
//! browser keeps what came for others that ask for the same, who wait for one another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestCache, RequestInit, Response};

use crate::wire::FromThread;
use crate::worker::{post, scope};

/// What is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// `GET` or another method.
    pub method: String,
    /// The address; one that begins with "/" is of the page's own server.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    #[serde(with = "serde_bytes")]
    pub body: Option<Vec<u8>>,
    /// After so many milliseconds it is given up.
    pub timeout: Option<u32>,
}

/// What came.
#[derive(Debug)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// Such as `OK`.
    pub reason: String,
    /// Where it came from, after redirections.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The browser's own name and words for what went wrong.
pub type Failure = (String, String);

type Answers = BTreeMap<u32, Result<Answer, Failure>>;
static ANSWERS: Mutex<Answers> = Mutex::new(BTreeMap::new());
static CAME: Condvar = Condvar::new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

fn answers() -> MutexGuard<'static, Answers> {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks, and blocks until all of the answer has come.
pub fn fetch(request: Request) -> Result<Answer, Failure> {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    post(&FromThread::Fetch { number, request });
    let mut answers = answers();
    loop {
        if let Some(answer) = answers.remove(&number) {
            return answer;
        }
        answers = CAME.wait(answers).unwrap_or_else(PoisonError::into_inner);
    }
}

/// On the process's own worker: fetches it, and wakes who asked.
pub async fn answer(number: u32, request: Request) {
    // The browser's exceptions are errors too.
    let answer = ask(&request).await.map_err(|error| match error.dyn_ref::<js_sys::Error>() {
        Some(error) => (error.name().into(), error.message().into()),
        None => (String::new(), format!("{error:?}")),
    });
    answers().insert(number, answer);
    CAME.notify_all();
}

async fn ask(request: &Request) -> Result<Answer, JsValue> {
    let init = RequestInit::new();
    init.set_method(&request.method);
    // Python keeps nothing either.
    init.set_cache(RequestCache::NoStore);
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    init.set_headers(&headers);
    if let Some(body) = &request.body {
        // A copy outside of the shared memory, which the browser would not send from.
        init.set_body(&Uint8Array::from(body.as_slice()));
    }
    if let Some(timeout) = request.timeout {
        init.set_signal(Some(&AbortSignal::timeout_with_u32(timeout)));
    }
    let response: Response = JsFuture::from(scope().fetch_with_str_and_init(&request.url, &init)).await?.dyn_into()?;
    let body = JsFuture::from(response.array_buffer()?).await?;
    let headers = Array::from(&response.headers()).to_vec().into_iter().map(|pair| {
        let pair = Array::from(&pair);
        (pair.get(0).as_string().unwrap_or_default(), pair.get(1).as_string().unwrap_or_default())
    });
    Ok(Answer {
        status: response.status(),
        reason: response.status_text(),
        url: response.url(),
        headers: headers.collect(),
        body: Uint8Array::new(&body).to_vec(),
    })
}
