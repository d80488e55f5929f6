//! Files made of a trace: Chrome trace events that nest, SVG pictures that are what they were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gilscope::chart::Theme;
use gilscope::export::{SvgOptions, svg, trace_events};
use gilscope::trace::{End, Trace};
use serde_json::Value;

use crate::chart::{empty, live, ms, scripted};
use crate::surroundings::run;

/// Set to write the golden files instead of comparing with them.
const BLESS: &str = "BLESS";

fn check_golden(name: &str, is: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os(BLESS).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(&path, is).unwrap();
    }
    let should_be = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = is.lines().zip(should_be.lines()).find(|(is, should_be)| is != should_be);
    assert!(
        is == should_be,
        "{} is not what is made now (first difference: {differs:#?}). Look at the new picture; if it is right, run the \
         tests with {BLESS}=1 and commit the file.",
        path.display()
    );
}

fn stopped() -> Trace {
    let mut trace = live();
    trace.finish(ms(78.0), End::Stopped);
    trace
}

fn picture(width: f64, theme: Theme) -> String {
    svg(&[("threading, a & b", &scripted()), ("the same, stopped", &stopped())], &SvgOptions { width, theme })
}

#[test]
fn pictures_are_what_they_were() {
    check_golden("light-1000.svg", &picture(1000.0, Theme::LIGHT));
    check_golden("dark-360.svg", &picture(360.0, Theme::DARK));
}

#[test]
fn a_picture_is_well_formed_and_has_no_styles() {
    let picture = picture(1000.0, Theme::LIGHT);
    check_markup(&picture);
    assert!(picture.contains("f(&#39;&lt;&amp;&quot;\\&#39;&#39;)"), "the task's name is missing, or not escaped");
    assert!(picture.contains("threading, a &amp; b") && picture.contains(">98 ms<"), "title or makespan are missing");
    for forbidden in ["style", "<script", "href", " on"] {
        let inside_tags = picture.split('<').any(|part| part.split('>').next().unwrap_or("").contains(forbidden));
        assert!(!inside_tags, "{forbidden:?} in a tag");
    }
    for used in picture.split("url(#").skip(1) {
        let id = used.split(')').next().unwrap();
        assert!(picture.contains(&format!("<pattern id=\"{id}\"")), "pattern {id} is not defined");
    }
}

/// Tags close in their order, and text has no sign that would have to be escaped.
fn check_markup(text: &str) {
    let mut open = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').expect("a tag that ends");
        assert!(!rest.contains(['"', '\'']), "not escaped: {rest:?}");
        for entity in part.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| entity.starts_with(known));
            assert!(known, "not escaped: {part:?}");
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag:?}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap().to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn parsed(trace: &Trace) -> Value {
    let text = trace_events(trace);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn events(file: &Value) -> &[Value] {
    file["traceEvents"].as_array().expect("events")
}

fn of<'a>(file: &'a Value, category: &str, phase: &str) -> Vec<&'a Value> {
    events(file).iter().filter(|event| event["cat"] == category && event["ph"] == phase).collect()
}

/// Nanoseconds of a time in µs.
fn nanos(time: &Value) -> i64 {
    (time.as_f64().expect("a number") * 1e3).round() as i64
}

/// Stretches of one thread must nest: viewers leave out those that overlap in part.
fn check_nesting(file: &Value) {
    // By thread: the stretches that contain the instant, with start, end and name.
    let mut threads = BTreeMap::<(u64, u64), Vec<(i64, i64, &str)>>::new();
    let mut last = 0;
    for event in events(file) {
        let (pid, tid) = (event["pid"].as_u64().expect("pid"), event["tid"].as_u64().expect("tid"));
        if event["ph"] == "M" {
            continue;
        }
        let start = nanos(&event["ts"]);
        assert!(start >= last, "not sorted: {event}");
        last = start;
        if event["ph"] != "X" {
            assert!(event["ph"] == "i" && event["s"] == "t", "{event}");
            continue;
        }
        let length = nanos(&event["dur"]);
        assert!(length >= 0, "{event}");
        let open = threads.entry((pid, tid)).or_default();
        while open.pop_if(|(_, end, _)| *end <= start).is_some() {}
        if let Some((_, end, outer)) = open.last() {
            assert!(start + length <= *end, "{event} begins within {outer} and ends after it, at {end}");
        }
        open.push((start, start + length, event["name"].as_str().expect("a name")));
    }
}

#[test]
fn events_of_a_thread_nest() {
    check_nesting(&parsed(&scripted()));
    check_nesting(&parsed(&stopped()));
    check_nesting(&parsed(&live()));
    for example in ["asyncio-to-thread", "mixed-eight"] {
        for method in ["sequential", "threads", "threads-free", "processes", "asyncio", "interpreters"] {
            check_nesting(&parsed(&run(&format!(r#"{{"example":"{example}","method":"{method}","scale":0.02}}"#))));
        }
    }
}

#[test]
fn states_fill_a_lane_and_are_cut_at_its_tasks() {
    let file = parsed(&scripted());
    let states: Vec<_> = of(&file, "state", "X").into_iter().filter(|event| event["tid"] == 4701).collect();
    let times: Vec<_> =
        states.iter().map(|event| (nanos(&event["ts"]), nanos(&event["ts"]) + nanos(&event["dur"]))).collect();
    assert_eq!(times.first().map(|time| time.0), Some(600_000));
    assert_eq!(times.last().map(|time| time.1), Some(100_000_000));
    for pair in times.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "a gap or an overlap");
    }
    let on_cpu = states.iter().find(|event| event["args"]["state"] == "on-cpu").expect("a state");
    assert_eq!(on_cpu["name"], "On CPU");
    assert_eq!(on_cpu["args"]["task"], "f('<&\"\\'')");

    let holds = of(&file, "gil", "X");
    let names: Vec<_> = holds.iter().map(|hold| hold["name"].as_str().unwrap()).collect();
    let (w0, w1) = ("ThreadPoolExecutor-0_0", "ThreadPoolExecutor-0_1");
    assert_eq!(names, ["MainThread", w1, w0, w1, w0, w1, w0, "MainThread"]);
}

#[test]
fn a_task_has_its_number_times_and_state() {
    let file = parsed(&scripted());
    let tasks = of(&file, "task", "X");
    let task = tasks[0];
    assert_eq!((task["name"].as_str(), &task["tid"]), (Some("f('<&\"\\'')"), &Value::from(4701)));
    assert_eq!((nanos(&task["ts"]), nanos(&task["dur"])), (2_000_000, 78_000_000));
    assert_eq!(
        task["args"],
        serde_json::json!({"n":0,"submit":500.0,"submit_ret":2500.0,"result":80000.0,"got":100_500.0,"state":"FINISHED"})
    );
    assert_eq!(tasks[1]["args"]["exception"], "ValueError: \"no\" < yes");
    let submits: Vec<_> = of(&file, "submit", "i").iter().map(|event| event["args"]["n"].clone()).collect();
    assert_eq!(submits, [0, 1, 2]);
    assert_eq!(of(&file, "pool", "X")[0]["name"], "shutdown(wait=True)");
    assert_eq!(of(&file, "pool", "i")[0]["args"], serde_json::json!({"class":"ThreadPoolExecutor","max_workers":2}));
    let texts: Vec<_> = of(&file, "stdout", "i").iter().map(|event| event["args"]["text"].clone()).collect();
    assert_eq!(texts, ["called", "All & done"]);

    let file = parsed(&stopped());
    let states: Vec<_> = of(&file, "task", "X").iter().map(|event| event["args"]["state"].clone()).collect();
    assert_eq!(states, ["RUNNING", "FINISHED"], "one had its result, though nobody told which; the third never began");
    assert_eq!(file["otherData"]["end"], "stopped");
    assert_eq!(file["otherData"]["clockResolutionNanos"], 5000);
}

#[test]
fn coroutines_have_steps_and_calls_in_threads_have_both() {
    let file = parsed(&run(r#"{"example":"asyncio-cpu-hog","method":"asyncio","scale":0.05}"#));
    let steps = of(&file, "asyncio.step", "X");
    let of_hog: Vec<_> =
        steps.iter().filter_map(|event| event["name"].as_str()).filter(|name| name.starts_with("hog")).collect();
    assert_eq!(of_hog, ["hog()#0", "hog()#1"], "before its sleep and after it");
    let main = &file["traceEvents"][0]["pid"];
    assert!(steps.iter().all(|event| event["tid"] == *main), "steps run on the loop's thread");
    assert!(of(&file, "task", "X").iter().all(|event| event["tid"].as_u64() >= Some(1000)), "tasks have lanes");

    let file = parsed(&run(r#"{"example":"asyncio-to-thread","method":"asyncio"}"#));
    let names = |category| -> BTreeSet<_> {
        of(&file, category, "X").iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = |wrap: fn(&str) -> String| ["'a'", "'b'", "'c'"].map(wrap).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(names("task"), all(|argument| format!("io_bound_function({argument})")));
    assert_eq!(names("asyncio.task"), all(|argument| format!("to_thread(io_bound_function, {argument})")));
}

/// The keys and the arguments of a kind of event.
type Shape = BTreeMap<(String, String), BTreeSet<String>>;

fn shape(file: &Value) -> Shape {
    let mut shape = Shape::new();
    for event in events(file) {
        let text = |key: &str| event[key].as_str().unwrap_or("").to_owned();
        let kind = if event["ph"] == "M" { text("name") } else { text("cat") };
        let keys = event.as_object().expect("an object").keys().cloned();
        let arguments = event["args"].as_object().expect("args").keys().map(|key| format!("args.{key}"));
        shape.entry((kind, text("ph"))).or_default().extend(keys.chain(arguments));
    }
    shape
}

#[test]
fn a_run_here_has_the_shape_of_a_run_of_cpython() {
    let references = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference");
    let pairs = [
        ("mixed-eight", "threads", "gil314-mixed-threads"),
        ("mixed-eight", "threads-free", "ft314-mixed-threads"),
        ("mixed-eight", "processes", "gil314-mixed-process-forkserver"),
        ("interpreters-ten-on-five", "interpreters", "gil314-interp-5x10"),
        ("asyncio-cpu-hog", "asyncio", "gil314-asyncio-cpu-hog"),
        ("asyncio-to-thread", "asyncio", "gil314-asyncio-to-thread-3xsleep3"),
    ];
    for (example, method, reference) in pairs {
        let Ok(text) = std::fs::read_to_string(references.join(format!("{reference}.json"))) else {
            eprintln!("no {reference}.json beside the project: not compared");
            continue;
        };
        let reference_file: Value = serde_json::from_str(&text).expect("a reference");
        let file = parsed(&run(&format!(r#"{{"example":"{example}","method":"{method}","scale":0.05}}"#)));
        let here = shape(&file);
        for (kind, keys) in shape(&reference_file) {
            let cannot_be_known = |key: &str| match key {
                // The thread's own CPU time: no page can read it.
                "args.cpu_us" => true,
                // That of the call in the thread is recorded, not that of the coroutine that waits for it.
                "args.submit_ret" => kind.0 == "asyncio.task",
                _ => false,
            };
            let mut missing: Vec<_> = keys.iter().filter(|key| !cannot_be_known(key)).collect();
            let Some(ours) = here.get(&kind) else { panic!("{reference}: no {kind:?} here, only {:?}", here.keys()) };
            missing.retain(|key| !ours.contains(*key));
            assert!(missing.is_empty(), "{reference}: {kind:?} has no {missing:?} here");
        }
        for key in reference_file.as_object().unwrap().keys() {
            assert!(file.get(key).is_some(), "{reference}: no {key} here");
        }
        for key in ["python", "gil", "case"] {
            assert!(file["otherData"].get(key).is_some(), "{reference}: no {key} here");
        }
        assert_eq!(file["otherData"]["gil"], reference_file["otherData"]["gil"], "{reference}");
    }
}

#[test]
fn a_run_of_which_nothing_is_known_is_a_file_too() {
    let trace = empty(r#"{"example":"cpu-four","method":"threads"}"#);
    assert_eq!(of(&parsed(&trace), "task", "X").len(), 0);
    check_markup(&svg(&[("nothing", &trace)], &SvgOptions { width: 300.0, theme: Theme::LIGHT }));
    check_markup(&svg(&[], &SvgOptions { width: 300.0, theme: Theme::LIGHT }));
}
