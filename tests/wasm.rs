//! The boundary, in a browser: each method once, on a real pool and real workers. `wasm-pack test --headless --chrome`.
//!
//! A test's wasm file exports what the crate exports, so a worker made of it is what `www/worker.js` is in the page.
#![cfg(target_arch = "wasm32")]

use gilscope::browser::page::{Engine, Recording};
use js_sys::{Array, Function, Object, Promise, Reflect, SharedArrayBuffer, WebAssembly};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(inline_js = r#"
export const mainScript = () => new URL("/wasm-bindgen-test", location.origin).href;

// www/worker.js, with another module.
export function workerScript() {
  const text = `
    import init, { startWorker } from "${mainScript()}";
    addEventListener("message", async ({ data: { module, role } }) => {
      await init({ module_or_path: module });
      startWorker(role, undefined);
    }, { once: true });`;
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

export function carryOut(script, first, heard) {
  const worker = new Worker(script, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => heard(data) && resolve();
    worker.onerror = (event) => reject(new Error(event.message || `${script} did not load`));
    worker.postMessage(first);
  }).finally(() => worker.terminate());
}
"#)]
extern "C" {
    #[wasm_bindgen(js_name = workerScript)]
    fn worker_script() -> String;
    #[wasm_bindgen(js_name = carryOut)]
    fn carry_out(script: &str, first: &JsValue, heard: &Function) -> Promise;
}

fn first_message(role: JsValue) -> JsValue {
    let first = Object::new();
    Reflect::set(&first, &"module".into(), &wasm_bindgen::module()).expect("an object");
    Reflect::set(&first, &"role".into(), &role).expect("an object");
    first.into()
}

fn json(value: &JsValue) -> Value {
    let text = js_sys::JSON::stringify(value).expect("JSON").as_string().expect("text");
    serde_json::from_str(&text).expect("JSON")
}

/// Measures this machine, runs a request in a worker, and returns its report.
async fn run(request: &str) -> Value {
    let mut engine = Engine::new(true, 2, "a test".to_owned());
    let script = worker_script();
    let answer = std::rc::Rc::new(std::cell::RefCell::new(JsValue::NULL));
    let kept = std::rc::Rc::clone(&answer);
    let heard = Closure::<dyn FnMut(JsValue) -> bool>::new(move |message| {
        *kept.borrow_mut() = message;
        true
    });
    let role = first_message(engine.measure_role().expect("a role"));
    JsFuture::from(carry_out(&script, &role, heard.as_ref().unchecked_ref())).await.expect("a measurement");
    engine.measured(answer.borrow().clone()).expect("a measurement");

    let recording = engine.record(request, script.clone()).unwrap_or_else(|error| panic!("{:?}", JsValue::from(error)));
    let role = first_message(recording.role().expect("a role"));
    let recording = std::rc::Rc::new(std::cell::RefCell::new(recording));
    let kept = std::rc::Rc::clone(&recording);
    let heard = Closure::<dyn FnMut(JsValue) -> bool>::new(move |message| {
        let mut recording: std::cell::RefMut<'_, Recording> = kept.borrow_mut();
        assert!(recording.receive(message).is_ok(), "a message is read");
        recording.ended()
    });
    JsFuture::from(carry_out(&script, &role, heard.as_ref().unchecked_ref())).await.expect("a run");
    json(&recording.borrow().report().expect("a report"))
}

/// Tasks that wait and compute, with arguments that must come back. They compute long enough to meet on a machine that
/// wakes one of two threads late.
fn request(method: &str) -> String {
    let task = |letter: &str| {
        format!(
            r#"{{"call":{{"function":"f","args":["{letter}"]}},"steps":[{{"print":"{{parameter}} in {{pid}}"}},
                {{"sleep":0.05}},{{"compute":{{"seconds":0.1}}}},{{"returnParameters":["parameter"]}}]}}"#
        )
    };
    let tasks = ["a", "b", "c", "d"].map(task).join(",");
    format!(
        r#"{{"method":"{method}","workload":{{"maxWorkers":2,"tasks":[{tasks}],"results":"list","before":["begin"]}}}}"#
    )
}

/// What must hold under every method.
async fn check(method: &str, pids: usize) -> Value {
    let report = run(&request(method)).await;
    assert_eq!(report["end"], "complete", "{report}");
    let values: Vec<_> = report["results"].as_array().expect("results").iter().map(|result| &result["value"]).collect();
    assert_eq!(values, ["'a'", "'b'", "'c'", "'d'"], "{report}");
    let lines: Vec<&str> =
        report["output"].as_array().expect("output").iter().filter_map(|line| line["text"].as_str()).collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!((lines[0], lines[5]), ("begin", "['a', 'b', 'c', 'd']"));
    let seen: std::collections::HashSet<_> =
        lines[1..5].iter().filter_map(|line| line.split_once(" in ")).map(|(_, pid)| pid).collect();
    assert_eq!(seen.len(), pids, "{lines:?}");
    check_spans(&report);
    report
}

/// Spans of a lane do not overlap and leave no gap.
fn check_spans(report: &Value) {
    let spans = report["trace"]["spans"].as_array().expect("spans");
    for pair in spans.windows(2).filter(|pair| pair[0]["lane"] == pair[1]["lane"]) {
        assert_eq!(pair[0]["end"], pair[1]["start"], "{pair:?}");
    }
    assert!(spans.len() > 4, "{report}");
}

fn most_on_cpu(report: &Value) -> u64 {
    report["analysis"]["mostOnCpu"].as_u64().expect("a number")
}

#[wasm_bindgen_test]
fn the_memory_is_shared() {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    assert!(memory.buffer().is_instance_of::<SharedArrayBuffer>(), "the build's flags make no shared memory");
}

#[wasm_bindgen_test]
async fn sequential() {
    assert_eq!(most_on_cpu(&check("sequential", 1).await), 1);
}

#[wasm_bindgen_test]
async fn threads() {
    let report = check("threads", 1).await;
    assert_eq!(most_on_cpu(&report), 1, "one GIL, one on CPU: {report}");
    assert_eq!(report["analysis"]["workers"], 2);
}

#[wasm_bindgen_test]
async fn threads_free() {
    let report = check("threads-free", 1).await;
    assert!(most_on_cpu(&report) > 1, "{report}");
}

#[wasm_bindgen_test]
async fn processes() {
    let report = check("processes", 2).await;
    assert!(report["trace"]["spans"].as_array().expect("spans").iter().any(|span| span["state"] == "copying"));
}

#[wasm_bindgen_test]
async fn asyncio() {
    assert_eq!(most_on_cpu(&check("asyncio", 1).await), 1);
}

#[wasm_bindgen_test]
async fn asyncio_to_thread() {
    let report = run(r#"{"example":"asyncio-to-thread","method":"asyncio","scale":0.01}"#).await;
    assert_eq!(report["end"], "complete", "{report}");
    assert_eq!(report["analysis"]["workers"], 3);
    assert_eq!(most_on_cpu(&report), 1, "the loop and its threads share a GIL: {report}");
}

#[wasm_bindgen_test]
async fn interpreters() {
    assert!(most_on_cpu(&check("interpreters", 1).await) > 1);
}

#[wasm_bindgen_test]
async fn a_wrong_request_is_refused_with_its_place() {
    let engine = Engine::new(true, 2, "a test".to_owned());
    let error = engine.record(r#"{"example":"cpu-four","method":"threads","maxWorkers":0}"#, String::new()).err();
    let error: js_sys::Error = JsValue::from(error.expect("an error")).unchecked_into();
    let message = String::from(error.message());
    assert!(message.contains("maxWorkers: 0") && message.contains("1 to 64"), "{message}");
}

#[wasm_bindgen_test]
fn without_isolation_threads_are_refused_and_processes_are_not() {
    let engine = Engine::new(false, 2, "a test".to_owned());
    let refused = |method: &str| engine.record(&request(method), String::new()).is_err();
    let methods = ["sequential", "threads", "threads-free", "processes", "asyncio", "interpreters"];
    let refused: Array = methods.iter().filter(|method| refused(method)).map(|method| JsValue::from(*method)).collect();
    assert_eq!(String::from(refused.join(" ")), "threads threads-free interpreters");
}
