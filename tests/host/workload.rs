//! What to run: requests right and wrong, plans, Python's way of writing values, the size of computing.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use gilscope::presets;
use gilscope::time::Time;
use gilscope::workload::{
    Calibration, Exception, MainStep, Method, Op, Outcome, Plan, Primes, PrintResults, Seconds, Step, Value, Work,
    count_primes, divisions,
};
use serde_json::{Value as Json, json};

use crate::surroundings::request;

// Wrong requests.

/// A request of one task with these steps.
fn steps(steps: &Json) -> Json {
    json!({"workload": {"tasks": [{"call": {"function": "f"}, "steps": steps}]}, "method": "threads"})
}

/// A request of one task with this call.
fn call(call: &Json) -> Json {
    json!({"workload": {"tasks": [{"call": call}]}, "method": "threads"})
}

/// An example's request with one field more, or another.
fn with(field: &str, value: Json) -> Json {
    let mut json = json!({"example": "cpu-four", "method": "threads"});
    json[field] = value;
    json
}

/// A workload's request with one field more, or another.
fn workload_with(field: &str, value: Json) -> Json {
    let mut json = json!({"workload": {"tasks": [{"call": {"function": "f"}}]}, "method": "threads"});
    json["workload"][field] = value;
    json
}

/// The request is refused; the error names this place and contains these words.
fn refused(json: impl ToString, place: &str, words: &[&str]) {
    let text = json.to_string();
    let shown: String = text.chars().take(200).collect();
    let error = request(&text).expect_err(&shown);
    assert_eq!(error.place, place, "{shown}: {error}");
    for word in words {
        assert!(error.problem.contains(word), "{shown}: {:?} does not say {word:?}", error.problem);
    }
    assert_eq!(error.to_string(), format!("{}: {}", error.place, error.problem));
}

#[test]
fn what_is_no_json_object_is_refused() {
    let words = ["not", "JSON object"];
    for text in ["", "hello", "{", "[]", "\"x\"", "3", "null", "{\"example\":}", "{'example': 'cpu-four'}"] {
        refused(text, "request", &words);
    }
    let right = r#"{"example":"cpu-four","method":"threads"}"#;
    assert!(request(&format!(" {right}\n")).is_ok());
    refused(format!("{right} x"), "request", &["trailing characters at line 1 column 43"]);
    refused(format!("{right}{right}"), "request", &["trailing characters"]);
    for number in ["NaN", "Infinity", "-Infinity", "1e400", "0x10", "1_000", "01"] {
        refused(format!(r#"{{"example":"cpu-four","method":"threads","scale":{number}}}"#), "request", &["line 1"]);
    }
    // Nesting without end must not reach the end of the stack.
    refused(format!("{{\"workload\":{}", "[".repeat(100_000)), "request", &["recursion limit"]);
}

#[test]
fn fields_that_do_not_exist_are_refused() {
    refused(with("workers", json!(3)), "workers", &["`workers`", "`maxWorkers`", "`switchInterval`", "`scale`"]);
    refused(with("max_workers", json!(3)), "max_workers", &["`maxWorkers`"]);
    refused(workload_with("steps", json!([])), "workload.steps", &["`steps`", "`tasks`", "`toThread`"]);
    let task = |task: Json| workload_with("tasks", json!([{"call": {"function": "f"}}, task]));
    refused(
        task(json!({"call": {"function": "f"}, "foo": 1})),
        "workload.tasks[1].foo",
        &["`foo`", "`call`", "`steps`"],
    );
    refused(call(&json!({"function": "f", "arg": [1]})), "workload.tasks[0].call.arg", &["`arg`", "`args`"]);
    let place = "workload.tasks[0].steps[1]";
    refused(steps(&json!([{"print": "x"}, {"slep": 1}])), place, &["`slep`", "`sleep`", "`compute`", "`returnCount`"]);
    let place = "workload.tasks[0].steps[0].raise.text";
    refused(steps(&json!([{"raise": {"type": "E", "text": "x"}}])), place, &["`text`", "`message`"]);
    let place = "workload.tasks[0].steps[0].repeat.count";
    refused(steps(&json!([{"repeat": {"count": 2, "steps": []}}])), place, &["`count`", "`times`"]);
    refused(steps(&json!([{"sleep": 1, "print": "x"}])), "workload.tasks[0].steps[0]", &["single key"]);
}

#[test]
fn what_is_missing_is_named() {
    refused(json!({"method": "threads"}), "example", &["missing", "an example or a workload"]);
    refused(json!({"example": "cpu-four"}), "method", &["missing", "sequential, threads, threads-free, processes"]);
    refused(json!({"workload": {}, "method": "threads"}), "workload", &["`tasks`"]);
    refused(workload_with("tasks", json!([{"steps": []}])), "workload.tasks[0]", &["`call`"]);
    refused(call(&json!({})), "workload.tasks[0].call", &["`function`"]);
    refused(steps(&json!([{"raise": {"message": "x"}}])), "workload.tasks[0].steps[0].raise", &["`type`"]);
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_what_is_allowed() {
    for value in [json!("3"), json!([]), json!({}), json!(true)] {
        let shown = value.to_string();
        refused(with("maxWorkers", value.clone()), "maxWorkers", &[&shown, "from 1 to 64 workers"]);
        refused(with("scale", value.clone()), "scale", &[&shown, "from 0.01 to 1"]);
        refused(with("switchInterval", value.clone()), "switchInterval", &[&shown, "from 0.0005 to 0.1 seconds"]);
        let place = "workload.tasks[0].steps[0].compute.primesBelow";
        refused(steps(&json!([{"compute": {"primesBelow": value}}])), place, &[&shown, "from 0 to 67108864"]);
        let place = "workload.tasks[0].steps[0].compute.seconds";
        refused(steps(&json!([{"compute": {"seconds": value}}])), place, &[&shown, "from 0 to 60 seconds"]);
        let place = "workload.tasks[0].steps[0].repeat.times";
        refused(steps(&json!([{"repeat": {"times": value, "steps": []}}])), place, &[&shown, "from 0 to 1000"]);
    }
    let place = "workload.tasks[0].steps[0].sleep";
    refused(steps(&json!([{"sleep": true}])), place, &["true", "from 0 to 60 seconds", "the name of a parameter"]);
    refused(steps(&json!([{"sleep": null}])), place, &["null", "from 0 to 60 seconds"]);
    refused(with("startMethod", json!("forkServer")), "startMethod", &["forkServer", "fork, forkserver, spawn"]);
    refused(workload_with("startMethod", json!("")), "workload.startMethod", &["\"\"", "fork, forkserver, spawn"]);
    refused(with("method", json!(3)), "method", &["3", "a string"]);
    refused(with("example", json!(7)), "example", &["7", "a string"]);
    refused(workload_with("toThread", json!(1)), "workload.toThread", &["1", "a boolean"]);
    refused(workload_with("results", json!("some")), "workload.results", &["`some`", "`each`", "`list`"]);
    refused(workload_with("tasks", json!({})), "workload.tasks", &["map", "a sequence"]);
    refused(steps(&json!([{"print": 3}])), "workload.tasks[0].steps[0].print", &["3", "a string"]);
    refused(steps(&json!([{"compute": 3}])), "workload.tasks[0].steps[0].compute", &["3"]);
    // None is Python's word for a default.
    assert_eq!(request(&with("maxWorkers", Json::Null).to_string()).unwrap().max_workers, None);
}

#[test]
fn an_unknown_example_gets_the_list_of_all() {
    let ids: Vec<_> = presets::examples().iter().map(|example| example.id).collect();
    assert_eq!(ids.len(), 15);
    refused(json!({"example": "cpu", "method": "threads"}), "example", &["\"cpu\"", &ids.join(", ")]);
    refused(json!({"example": "", "method": "threads"}), "example", &["\"\"", &ids.join(", ")]);
}

#[test]
fn an_unknown_method_gets_the_list_of_all() {
    let methods = "sequential, threads, threads-free, processes, asyncio, interpreters";
    for method in ["thread", "Threads", "", "multiprocessing"] {
        refused(with("method", json!(method)), "method", &[&format!("{method:?}"), methods]);
    }
    assert_eq!(Method::ALL.map(Method::id).join(", "), methods);
    assert_eq!(Method::ALL.map(|method| Method::from_id(method.id())), Method::ALL.map(Some));
}

#[test]
fn an_example_and_a_workload_are_one_too_many() {
    let both = with("workload", json!({"tasks": [{"call": {"function": "f"}}]}));
    refused(both, "workload", &["an example too", "one of both"]);
}

#[test]
fn numbers_out_of_their_range_are_refused() {
    for workers in ["0", "-1", "65", "10000", "4294967297", "-9223372036854775808"] {
        let number: Json = serde_json::from_str(workers).unwrap();
        refused(with("maxWorkers", number.clone()), "maxWorkers", &[workers, "from 1 to 64 workers"]);
        refused(workload_with("maxWorkers", number), "workload.maxWorkers", &[workers, "from 1 to 64 workers"]);
    }
    refused(with("maxWorkers", json!(2.5)), "maxWorkers", &["2.5", "whole", "from 1 to 64 workers"]);
    refused(with("maxWorkers", json!(1e20)), "maxWorkers", &["1e+20", "from 1 to 64 workers"]);
    for scale in [0.0, -0.5, 0.009, 1.001, 2.0, 1e300] {
        refused(with("scale", json!(scale)), "scale", &[&json!(scale).to_string(), "from 0.01 to 1"]);
    }
    // Milliseconds, taken for seconds: the error says which unit it is.
    for interval in [0.0001, 0.0004999, 0.1001, 5.0, -0.005] {
        let words = [&json!(interval).to_string(), "from 0.0005 to 0.1 seconds", "sys.setswitchinterval"];
        refused(with("switchInterval", json!(interval)), "switchInterval", &words);
    }
    for seconds in [-1.0, -1e-9, 60.001, 1e9, 1e300] {
        let shown = json!(seconds).to_string();
        let step = json!([{"print": "x"}, {"sleep": seconds}]);
        refused(steps(&step), "workload.tasks[0].steps[1].sleep", &[&shown, "from 0 to 60 seconds"]);
        let step = json!([{"compute": {"seconds": seconds}}]);
        refused(steps(&step), "workload.tasks[0].steps[0].compute.seconds", &[&shown, "from 0 to 60 seconds"]);
    }
    let place = "workload.tasks[0].steps[0].compute.primesBelow";
    for n in [-1, (1 << 26) + 1, i64::MAX] {
        refused(steps(&json!([{"compute": {"primesBelow": n}}])), place, &[&n.to_string(), "from 0 to 67108864"]);
    }
    refused(steps(&json!([{"compute": {"primesBelow": 10.5}}])), place, &["10.5", "whole"]);
}

#[test]
fn the_ends_of_the_ranges_are_allowed() {
    for right in [
        with("maxWorkers", json!(1)),
        with("maxWorkers", json!(64)),
        with("scale", json!(0.01)),
        with("scale", json!(1)),
        with("switchInterval", json!(0.0005)),
        with("switchInterval", json!(0.1)),
        steps(&json!([{"sleep": 0}, {"sleep": 60}, {"compute": {"seconds": 0}}, {"compute": {"seconds": 60}}])),
        steps(&json!([{"compute": {"primesBelow": 0}}, {"compute": {"primesBelow": 1 << 26}}])),
        steps(&json!([{"repeat": {"times": 1000, "steps": [{"print": "x"}]}}])),
        steps(&json!([{"repeat": {"times": 0, "steps": [{"print": "x"}]}}])),
        call(&json!({"function": "f", "args": [i64::MAX, i64::MIN, {"bytes": 64 << 20}]})),
        call(&json!({"function": "_f1"})),
        call(&json!({"function": "f".repeat(100)})),
        workload_with("tasks", json!(vec![json!({"call": {"function": "f"}}); 10_000])),
    ] {
        let text = right.to_string();
        assert!(request(&text).is_ok(), "{}: {}", &text[..text.len().min(200)], request(&text).unwrap_err());
    }
}

#[test]
fn there_must_be_tasks_but_not_too_many() {
    refused(workload_with("tasks", json!([])), "workload.tasks", &["0 tasks", "from 1 to 10000"]);
    let tasks = vec![json!({"call": {"function": "f"}}); 10_001];
    refused(workload_with("tasks", json!(tasks)), "workload.tasks", &["10001 tasks", "from 1 to 10000"]);
}

#[test]
fn steps_that_cannot_be_reached_are_refused() {
    for ends in [json!("returnCount"), json!({"return": 1}), json!({"raise": {"type": "E"}})] {
        let place = "workload.tasks[0].steps[1]";
        refused(steps(&json!([{"print": "x"}, ends, {"print": "y"}])), place, &["steps follow it", "the last"]);
        let repeat = json!([{"repeat": {"times": 2, "steps": [{"print": "x"}, ends]}}]);
        refused(steps(&repeat), "workload.tasks[0].steps[0].repeat.steps", &["cannot end the call"]);
        assert!(request(&steps(&json!([{"print": "x"}, ends])).to_string()).is_ok());
    }
}

#[test]
fn repetitions_count_written_out() {
    let nested = |outer: u32, inner: u32| json!([{"repeat": {"times": outer, "steps": [{"repeat": {"times": inner, "steps": [{"print": "x"}]}}]}}]);
    assert!(request(&steps(&nested(100, 10)).to_string()).is_ok());
    let words = ["more than 1000 steps", "written out"];
    refused(steps(&nested(100, 11)), "workload.tasks[0].steps", &words);
    refused(steps(&nested(1000, 1000)), "workload.tasks[0].steps", &words);
    refused(steps(&json!(vec![json!({"print": "x"}); 1001])), "workload.tasks[0].steps", &words);
    let place = "workload.tasks[0].steps[0].repeat.times";
    for times in ["-1", "1001", "4294967296"] {
        let times: Json = serde_json::from_str(times).unwrap();
        let shown = times.to_string();
        refused(steps(&json!([{"repeat": {"times": times, "steps": []}}])), place, &[&shown, "from 0 to 1000"]);
    }
    refused(steps(&json!([{"repeat": {"times": 1.5, "steps": []}}])), place, &["1.5", "whole"]);
    // Seven deep: 1000 to the power of 7 has more digits than a machine's number.
    let mut deep = json!([{"print": "x"}]);
    for _ in 0..7 {
        deep = json!([{"repeat": {"times": 1000, "steps": deep}}]);
    }
    refused(steps(&deep), "workload.tasks[0].steps", &words);
}

#[test]
fn parameters_must_fit_the_arguments() {
    let place = "workload.tasks[0].call";
    for (wrong, words) in [
        (json!({"function": "f", "args": [1], "parameters": ["a", "b"]}), ["2 parameters (a, b)", "do not fit"]),
        (json!({"function": "f", "args": [1, 2], "parameters": ["a"]}), ["1 parameters (a)", "do not fit"]),
        (json!({"function": "f", "kwargs": {"a": 1}, "parameters": ["b"]}), ["1 parameters (b)", "do not fit"]),
        // TypeError: f() got multiple values for argument 'a'
        (json!({"function": "f", "args": [1], "kwargs": {"a": 2}, "parameters": ["a", "b"]}), ["(a, b)", "do not fit"]),
        // SyntaxError: duplicate argument 'a' in function definition
        (json!({"function": "f", "args": [1, 2], "parameters": ["a", "a"]}), ["two parameters \"a\"", "its own name"]),
        (json!({"function": "f", "args": [1], "kwargs": {"parameter": 2}}), ["\"parameter\"", "its own name"]),
    ] {
        refused(call(&wrong), place, &words);
    }
    let right = json!({"function": "f", "args": [1], "kwargs": {"c": 2, "b": 3}, "parameters": ["a", "b", "c"]});
    assert!(request(&call(&right).to_string()).is_ok());

    let f = |step: Json| {
        let call = json!({"function": "f", "args": [-1, "x", null, true], "parameters": ["a", "b", "c", "d"]});
        json!({"workload": {"tasks": [{"call": call, "steps": [step]}]}, "method": "threads"})
    };
    let place = "workload.tasks[0].steps[0].sleep";
    refused(f(json!({"sleep": "e"})), place, &["\"e\" is not a parameter", "a, b, c, d"]);
    for (name, repr) in [("a", "-1"), ("b", "'x'"), ("c", "None"), ("d", "True")] {
        refused(f(json!({"sleep": name})), place, &[repr, "from 0 to 60 seconds"]);
    }
    let place = "workload.tasks[0].steps[0].returnParameters";
    refused(f(json!({"returnParameters": ["a", "e"]})), place, &["\"e\" is not a parameter", "a, b, c, d"]);
    refused(f(json!({"returnParameters": []})), place, &["no parameter"]);
    refused(steps(&json!([{"returnParameters": ["a"]}])), place, &["there are none"]);
}

#[test]
fn names_must_be_pythons() {
    for name in ["", "1f", "a b", "a-b", "f()", "f\n", "import os; f", "\u{1f40d}", "class", "None"] {
        refused(call(&json!({"function": name})), "workload.tasks[0].call.function", &[&format!("{name:?}")]);
        let parameters = json!({"function": "f", "args": [1], "parameters": [name]});
        refused(call(&parameters), "workload.tasks[0].call.parameters[0]", &[&format!("{name:?}")]);
        let place = format!("workload.tasks[0].call.kwargs.{name}");
        refused(call(&json!({"function": "f", "kwargs": {name: 1}})), &place, &[&format!("{name:?}")]);
        let place = "workload.tasks[0].steps[0].raise.type";
        refused(steps(&json!([{"raise": {"type": name}}])), place, &[&format!("{name:?}")]);
    }
    refused(call(&json!({"function": "f".repeat(101)})), "workload.tasks[0].call.function", &["100 at most"]);
    assert!(request(&call(&json!({"function": "größe_2"})).to_string()).is_ok());
}

#[test]
fn values_that_cannot_be_are_refused() {
    let place = "workload.tasks[0].call.args[1]";
    let arg = |value: Json| call(&json!({"function": "f", "args": [0, value]}));
    refused(arg(json!({"bytes": -1})), place, &["bytes(-1)", "from 0 to 67108864"]);
    refused(arg(json!({"bytes": 1.5})), place, &["bytes(1.5)", "from 0 to 67108864"]);
    refused(arg(json!({"bytes": (64 << 20) + 1})), place, &["bytes(67108865)", "from 0 to 67108864"]);
    refused(arg(json!({"bytes": u64::MAX})), place, &["from 0 to 67108864"]);
    refused(arg(json!({"tuple": 3})), place, &["3 is not a list"]);
    refused(arg(json!(u64::MAX)), place, &["18446744073709551615", "9223372036854775807"]);
    let deep = json!([{"k": [{"tuple": [{"bytes": -1}]}]}]);
    refused(arg(deep), &format!("{place}[0].k[0][0]"), &["bytes(-1)"]);
    refused(call(&json!({"function": "f", "kwargs": {"k": {"bytes": -1}}})), "workload.tasks[0].call.kwargs.k", &[]);
    refused(steps(&json!([{"return": {"bytes": -1}}])), "workload.tasks[0].steps[0].return", &["bytes(-1)"]);
    // Each is allowed; all of them are more memory than there is.
    let task = json!({"call": {"function": "f", "args": [{"bytes": 64 << 20}]}});
    refused(workload_with("tasks", json!(vec![task; 9_999])), "workload", &["671021531136", "67108864 at most"]);
}

// Right requests.

#[test]
fn a_request_says_what_it_says() {
    let text = json!({
        "workload": {
            "name": "w", "before": ["a"], "after": ["b", "c"], "results": "listThenEach", "maxWorkers": 7, "toThread": true,
            "tasks": [{
                "call": {"function": "f", "args": [1, 2.5], "kwargs": {"k": {"tuple": ["x"]}}, "parameters": ["p", "q", "k"]},
                "steps": [
                    {"print": "x"}, {"sleep": 0.5}, {"sleep": "q"}, {"compute": {"seconds": 0.25}},
                    {"compute": {"primesBelow": 100}}, {"repeat": {"times": 3, "steps": [{"print": "y"}]}}, {"return": null}
                ],
            }, {
                "call": {"function": "g", "args": ["v"]},
                "steps": [{"raise": {"type": "ValueError", "message": "m"}}],
            }],
        },
        "method": "threads-free", "maxWorkers": 9, "switchInterval": 0.02, "scale": 0.5,
    });
    let request = request(&text.to_string()).unwrap();
    assert_eq!((request.example, request.method, request.max_workers), (None, Method::ThreadsFree, Some(9)));
    assert_eq!((request.switch_interval, request.scale), (Duration::from_millis(20), Some(0.5)));
    let workload = request.workload;
    assert_eq!((workload.name.as_str(), workload.before.len(), workload.after.len()), ("w", 1, 2));
    assert_eq!(
        (workload.results, workload.max_workers, workload.to_thread),
        (PrintResults::ListThenEach, Some(7), true)
    );
    let [f, g] = &workload.tasks[..] else { panic!("two tasks") };
    assert_eq!(f.label(), "f(1, 2.5, k=('x',))");
    assert_eq!(f.argument("q"), Some(&Value::Float(2.5)));
    assert_eq!(f.argument("k"), Some(&Value::Tuple(vec![Value::Str("x".into())])));
    assert_eq!(f.argument("z"), None);
    assert_eq!(
        f.steps,
        [
            Step::Print("x".into()),
            Step::Sleep(Seconds::Fixed(0.5)),
            Step::Sleep(Seconds::Parameter("q".into())),
            Step::Compute(Work::Seconds(0.25)),
            Step::Compute(Work::PrimesBelow(100)),
            Step::Repeat(3, vec![Step::Print("y".into())]),
            Step::Return(Value::None),
        ]
    );
    assert_eq!((g.label().as_str(), &g.parameters[..]), ("g('v')", &["parameter".to_owned()][..]));
    assert_eq!(g.steps, [Step::Raise(Exception::new("ValueError", "m"))]);
}

#[test]
fn a_request_of_an_example_has_its_workload_and_defaults() {
    for example in presets::examples() {
        let request = request(&json!({"example": example.id, "method": "threads"}).to_string()).unwrap();
        assert_eq!((request.example.as_deref(), &request.workload), (Some(example.id), &example.workload));
        assert_eq!((request.max_workers, request.scale), (None, None));
        assert_eq!(request.switch_interval, Duration::from_millis(5), "sys.getswitchinterval()");
    }
    let ids: BTreeSet<_> = presets::examples().iter().map(|example| example.id).collect();
    assert_eq!(ids.len(), presets::examples().len(), "every example has an id of its own");
}

// Plans.

const RATE: Calibration = Calibration { divisions_per_second: 1e8 };

fn plan(json: &Json, cores: u32) -> Plan {
    Plan::new(&request(&json.to_string()).unwrap(), cores, RATE)
}

fn default_workers(method: &str, cores: u32) -> u32 {
    let mut json = workload_with("toThread", json!(true));
    json["method"] = json!(method);
    plan(&json, cores).max_workers
}

#[test]
fn max_workers_is_pythons_when_nobody_says_it() {
    for (cores, threads, processes) in
        [(0, 5, 1), (1, 5, 1), (2, 6, 2), (8, 12, 8), (28, 32, 28), (64, 32, 64), (200, 32, 64)]
    {
        for method in ["threads", "threads-free", "interpreters", "asyncio"] {
            assert_eq!(default_workers(method, cores), threads, "min(32, cores + 4): {method} on {cores} cores");
        }
        assert_eq!(default_workers("processes", cores), processes, "as many as cores, and browsers start: {cores}");
        assert_eq!(default_workers("sequential", cores), 1);
    }
}

#[test]
fn max_workers_is_the_requests_then_the_workloads() {
    for method in ["threads", "threads-free", "processes", "interpreters"] {
        let mut json = workload_with("maxWorkers", json!(3));
        json["method"] = json!(method);
        assert_eq!(plan(&json, 2).max_workers, 3, "{method}");
        json["maxWorkers"] = json!(9);
        assert_eq!(plan(&json, 2).max_workers, 9, "{method}");
        assert_eq!(plan(&json, 2).most_workers(), 1, "there is one task");
    }
}

#[test]
fn sleeps_are_scaled_and_computing_is_not() {
    let sleeps = |json: &Json| {
        let plan = plan(json, 2);
        let ops = plan.tasks[0].ops.clone();
        let sleeps =
            ops.into_iter().filter_map(|op| if let Op::Sleep(time) = op { Some(time.as_millis()) } else { None });
        (plan.scale, sleeps.collect::<Vec<_>>())
    };
    let json = |steps: Json, scale: Option<f64>| {
        let mut json = self::steps(&steps);
        if let Some(scale) = scale {
            json["scale"] = json!(scale);
        }
        json
    };
    // A sleep of a second or more is shortened to a tenth, and all others with it.
    assert_eq!(sleeps(&json(json!([{"sleep": 0.999}, {"sleep": 0.2}]), None)), (1.0, vec![999, 200]));
    assert_eq!(sleeps(&json(json!([{"sleep": 1}, {"sleep": 0.2}]), None)), (0.1, vec![100, 20]));
    assert_eq!(sleeps(&json(json!([{"repeat": {"times": 2, "steps": [{"sleep": 3}]}}]), None)), (0.1, vec![300, 300]));
    assert_eq!(sleeps(&json(json!([{"sleep": 3}]), Some(0.5))), (0.5, vec![1500]));
    assert_eq!(sleeps(&json(json!([{"sleep": 3}]), Some(1.0))), (1.0, vec![3000]));
    let by_parameter = json!({"workload": {"tasks": [{
        "call": {"function": "f", "args": [2]}, "steps": [{"sleep": "parameter"}]
    }]}, "method": "threads"});
    assert_eq!(sleeps(&by_parameter), (0.1, vec![200]));
    // By 1e8 divisions in a second; the scale changes nothing.
    let computes = |scale| {
        plan(&json(json!([{"sleep": 3}, {"compute": {"seconds": 0.5}}]), Some(scale)), 2).tasks[0].ops[1].clone()
    };
    assert_eq!(computes(1.0), Op::Compute(RATE.primes_for(0.5)));
    assert_eq!(computes(0.1), computes(1.0));
}

#[test]
fn a_call_is_bound_to_its_arguments() {
    let json = json!({"workload": {"tasks": [{
        "call": {"function": "f", "args": [1, "x"], "kwargs": {"k": [2]}, "parameters": ["a", "b", "k"]},
        "steps": [
            {"print": "one"}, {"repeat": {"times": 2, "steps": [{"print": "{b} {k} {pid}"}, {"compute": {"primesBelow": 9}}]}},
            {"print": "{a}{a} {c} {{b}} {"}, {"returnParameters": ["b", "k"]}
        ],
    }, {
        "call": {"function": "f", "args": [1]}, "steps": [{"returnParameters": ["parameter"]}],
    }, {
        "call": {"function": "f"}, "steps": ["returnCount"],
    }]}, "method": "threads"});
    let plan = plan(&json, 2);
    let pair: Outcome = Ok(Value::Tuple(vec![Value::Str("x".into()), Value::List(vec![Value::Int(2)])]));
    assert_eq!(
        plan.tasks[0].ops,
        [Op::Print(0), Op::Print(1), Op::Compute(9), Op::Print(2), Op::Compute(9), Op::Print(3), Op::End(pair)]
    );
    assert_eq!(plan.tasks[1].ops, [Op::End(Ok(Value::Int(1)))], "one parameter is no tuple");
    assert_eq!(plan.tasks[2].ops, [Op::ReturnCount]);
    let lines: Vec<_> = (0..5).map(|line| plan.printed(0, line, 17)).collect();
    assert_eq!(lines, ["one", "x [2] 17", "x [2] 17", "11 {c} {x} {", ""]);
    assert_eq!(plan.printed(9, 0, 17), "", "no such task");
}

#[test]
fn the_main_programs_lines_name_its_executor() {
    let mut json = workload_with("before", json!(["{executor} {pid}", "b"]));
    json["workload"]["after"] = json!(["c"]);
    for method in Method::ALL {
        json["method"] = json!(method.id());
        let plan = plan(&json, 2);
        let lines: Vec<_> = (0..4).map(|line| plan.main_line(line)).collect();
        assert_eq!(lines, [&format!("{} {{pid}}", method.executor()), "b", "c", ""]);
    }
}

// Values as Python writes them.

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

#[test]
fn values_are_written_as_python_writes_them() {
    let list = |items: &[Value]| Value::List(items.to_vec());
    let tuple = |items: &[Value]| Value::Tuple(items.to_vec());
    let dict = |items: &[(&str, Value)]| {
        Value::Dict(items.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    };
    for (value, repr) in [
        (Value::None, "None"),
        (Value::Bool(true), "True"),
        (Value::Bool(false), "False"),
        (Value::Int(0), "0"),
        (Value::Int(i64::MIN), "-9223372036854775808"),
        (Value::Float(0.0), "0.0"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(1.0), "1.0"),
        (Value::Float(0.1), "0.1"),
        (Value::Float(0.1 + 0.2), "0.30000000000000004"),
        (Value::Float(1e15), "1000000000000000.0"),
        (Value::Float(9_007_199_254_740_993.0), "9007199254740992.0"),
        (Value::Float(1e16), "1e+16"),
        (Value::Float(1.5e16), "1.5e+16"),
        (Value::Float(123_456_789_012_345_680.0), "1.2345678901234568e+17"),
        (Value::Float(0.0001), "0.0001"),
        (Value::Float(0.00001), "1e-05"),
        (Value::Float(-1.25e-7), "-1.25e-07"),
        // In the middle of two texts of equally many digits: the even one.
        (Value::Float(f64::from_bits(0x4317_9085_685d_83c9)), "1658206780088562.2"),
        (Value::Float(1e23), "1e+23"),
        (Value::Float(1e100), "1e+100"),
        (Value::Float(f64::MAX), "1.7976931348623157e+308"),
        (Value::Float(5e-324), "5e-324"),
        (Value::Float(f64::NAN), "nan"),
        (Value::Float(f64::INFINITY), "inf"),
        (Value::Float(f64::NEG_INFINITY), "-inf"),
        (text(""), "''"),
        (text("a"), "'a'"),
        (text("it's"), "\"it's\""),
        (text("\"x\""), "'\"x\"'"),
        (text("it's \"x\""), r#"'it\'s "x"'"#),
        (text("a\\b\n\r\t\0\u{1b}\u{7f}"), r"'a\\b\n\r\t\x00\x1b\x7f'"),
        (text("é ß 漢 \u{1f40d} e\u{301}"), "'é ß 漢 \u{1f40d} e\u{301}'"),
        (
            text("\u{85}\u{a0}\u{ad}\u{200b}\u{2028}\u{e000}\u{feff}\u{10ffff}"),
            r"'\x85\xa0\xad\u200b\u2028\ue000\ufeff\U0010ffff'",
        ),
        (tuple(&[]), "()"),
        (tuple(&[Value::Int(1)]), "(1,)"),
        (tuple(&[Value::Int(1), text("a")]), "(1, 'a')"),
        (list(&[]), "[]"),
        (list(&[Value::None, list(&[Value::Bool(true)])]), "[None, [True]]"),
        (dict(&[]), "{}"),
        (dict(&[("a", Value::Int(1)), ("it's", tuple(&[Value::Float(2.0)]))]), "{'a': 1, \"it's\": (2.0,)}"),
    ] {
        assert_eq!(value.repr(), repr);
        let str = if let Value::Str(text) = &value { text.clone() } else { repr.to_owned() };
        assert_eq!(value.str(), str, "print and f-strings write a text as it is");
    }
    assert_eq!(Value::Bytes(vec![0; 12]).repr(), "bytes(12)", "written as it is made, not in full");
    assert_eq!(Exception::new("ValueError", "no").line(), "ValueError: no");
    assert_eq!(Exception::new("ValueError", "").line(), "ValueError");
    assert_eq!(Exception::new("KeyError", "it's").line(), "KeyError: \"it's\"", "its str() is its argument's repr()");
}

/// A sequence of numbers without order, the same each time (xorshift).
fn noise() -> impl FnMut() -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn pythons_own_repr_agrees() {
    let mut noise = noise();
    let mut lines = String::new();
    let mut reprs = Vec::new();
    for _ in 0..5_000 {
        // Any bits are a float; a part of an integer's digits is one as people write them.
        for number in [f64::from_bits(noise()), (noise() % 1_000_000) as f64 / 10_f64.powi((noise() % 12) as i32)] {
            lines.push_str(&format!("f {:016x}\n", number.to_bits()));
            reprs.push(Value::Float(number).repr());
        }
    }
    for _ in 0..2_000 {
        let most = [0x80, 0x500][noise() as usize % 2];
        let chars: Vec<u32> = (0..noise() % 12).map(|_| (noise() % most) as u32).collect();
        // What is not assigned differs between versions of Unicode; here is nothing that was assigned of late.
        let chars = chars.into_iter().filter(|code| !(0x370..0x500).contains(code));
        let string: String = chars.filter_map(char::from_u32).collect();
        lines.push_str("s ");
        lines.push_str(&string.chars().map(|c| format!("{:x} ", c as u32)).collect::<String>());
        lines.push('\n');
        reprs.push(text(&string).repr());
    }
    let program = "
import struct, sys
for line in sys.stdin:
    if line.startswith('f '):
        value = struct.unpack('>d', bytes.fromhex(line[2:]))[0]
    else:
        value = ''.join(chr(int(code, 16)) for code in line[2:].split())
    sys.stdout.buffer.write((repr(value) + '\\n').encode('utf-8', 'surrogatepass'))
";
    let python = Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let mut stdin = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let pythons = String::from_utf8(output.stdout).unwrap();
    let pythons: Vec<_> = pythons.split_terminator('\n').collect();
    assert_eq!(pythons.len(), reprs.len());
    for (python, repr) in pythons.iter().zip(&reprs) {
        assert_eq!(python, repr);
    }
}

// Computing.

#[test]
fn primes_are_counted_as_a_sieve_counts_them() {
    const MOST: usize = 30_000;
    let mut prime = vec![true; MOST];
    prime[0] = false;
    prime[1] = false;
    for n in 2..MOST {
        if prime[n] {
            (n * n..MOST).step_by(n).for_each(|multiple| prime[multiple] = false);
        }
    }
    let mut below = 0;
    for (n, is_prime) in prime.iter().enumerate() {
        let n = n as u32;
        if n < 1_000 || n.is_multiple_of(997) {
            assert_eq!(count_primes(n), below, "primes below {n}");
        }
        below += u32::from(*is_prime);
    }
    assert_eq!(count_primes(30_000), below);
    assert_eq!(count_primes(1_000_000), 78_498);
}

#[test]
fn a_count_can_be_driven_candidate_by_candidate() {
    let mut primes = Primes::below(100);
    let mut counts = vec![primes.count()];
    while primes.step() {
        counts.push(primes.count());
    }
    // 2, then the odd numbers from 3 to 99.
    assert_eq!((counts.len(), counts[0], counts[1], counts[4], counts[49]), (50, 1, 2, 4, 25));
    assert!(!primes.step() && primes.count() == 25, "the end is the end");
    // The largest that is allowed does not overflow.
    let mut last = Primes::below(1 << 26);
    assert!(last.step());
}

#[test]
fn the_estimate_of_the_work_is_near_the_work() {
    // 24 sizes, each 1.28 times the one before, by way of the time that they take at some rate.
    let mut goal = divisions(1_000) as f64 * 1.02;
    let (mut smallest, mut largest) = (u32::MAX, 0);
    for _ in 0..24 {
        for rate in [1e6, 3.7e8] {
            let calibration = Calibration { divisions_per_second: rate };
            let n = calibration.primes_for(goal / rate);
            let off = divisions(n) as f64 / goal - 1.0;
            // What the estimate promises; and from where computing takes a millisecond, what it keeps.
            let most = match n {
                0..10_000 => 0.06,
                10_000..25_000 => 0.02,
                _ => 0.005,
            };
            assert!(n < 1_000 || off.abs() < most, "n = {n}: {:.1} % off", off * 100.0);
            (smallest, largest) = (smallest.min(n), largest.max(n));
        }
        goal *= 1.28;
    }
    assert!(smallest < 1_200 && largest > 40_000, "from {smallest} to {largest}");
    for n in [100_000, 300_000, 1_000_000] {
        let work = divisions(n) as f64;
        let n_again = Calibration { divisions_per_second: work }.primes_for(1.0);
        let off = divisions(n_again) as f64 / work - 1.0;
        assert!(off.abs() < 0.005, "n = {n}: {:.1} % off", off * 100.0);
    }
}

#[test]
fn more_time_is_more_work_and_none_is_hardly_any() {
    let n: Vec<u32> = (0..60).map(|i| RATE.primes_for(f64::from(i) * 0.01)).collect();
    assert!(n.windows(2).all(|pair| pair[0] < pair[1]), "{n:?}");
    assert!(n[0] < 100, "no time: {}", n[0]);
    let faster = Calibration { divisions_per_second: 2e8 };
    assert_eq!(faster.primes_for(1.0), RATE.primes_for(2.0));
    assert_eq!(Calibration { divisions_per_second: 1e30 }.primes_for(60.0), 1 << 26, "the most that is ever counted");
}

#[test]
fn a_calibration_takes_the_fastest_round() {
    // How much work a round is, is written down as a number: this is what it must be.
    let work = divisions(700_000) as f64;
    // The clock is asked twice for each round; the third is the fastest.
    let rounds = [90, 80, 40, 50, 60, 70, 80];
    let (mut asked, mut now) = (0, Duration::ZERO);
    let calibration = Calibration::measure(|| {
        now += Duration::from_millis(if asked % 2 == 0 { 1_000 } else { rounds[asked / 2] });
        asked += 1;
        Time::after(now)
    });
    assert!((6..=14).contains(&asked), "from three to seven rounds, by {asked} readings");
    assert_eq!(calibration.divisions_per_second, work / 0.04);
    // A clock that stands still must not give work without end.
    let still = Calibration::measure(|| Time::ZERO);
    assert_eq!(still.divisions_per_second, work / 0.0001);
}

// The main program's part.

/// A workload of four tasks, with these fields more.
fn with_main(fields: &Json) -> Json {
    let task = |n| json!({"call": {"function": "f", "args": [n]}, "steps": [{"return": n}]});
    let mut workload = json!({"tasks": (0..4).map(task).collect::<Vec<_>>()});
    workload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"workload": workload, "method": "threads"})
}

fn then(steps: &Json) -> Json {
    with_main(&json!({"then": steps}))
}

#[test]
fn the_main_programs_steps_say_what_they_say() {
    let json = with_main(&json!({
        "then": [{"print": "x"}, {"sleep": 0.5}, {"cancel": 2}, {"submit": 3}, {"cancel": 3}, {"shutdown": {"wait": false}}],
    }));
    let workload = request(&json.to_string()).unwrap().workload;
    let right = [
        MainStep::Print("x".to_owned()),
        MainStep::Sleep(0.5),
        MainStep::Cancel(2),
        MainStep::Submit(3),
        MainStep::Cancel(3),
        MainStep::Shutdown { wait: false, cancel_futures: false },
    ];
    assert_eq!(workload.then, right);
    assert_eq!((workload.submitted_first(), workload.shuts_down()), (3, true));
    let json = then(&json!([{"shutdown": {"cancelFutures": true}}])).to_string();
    let right = [MainStep::Shutdown { wait: true, cancel_futures: true }];
    assert_eq!(request(&json).unwrap().workload.then, right, "shutdown waits unless it is told not to");
}

#[test]
fn steps_of_the_main_program_that_cannot_be_are_refused() {
    let place = |rest: &str| format!("workload.then{rest}");
    refused(then(&json!([{"sleep": 61}])), &place("[0].sleep"), &["61", "from 0 to 60 seconds"]);
    refused(
        then(&json!([{"print": "x"}, {"cancel": 4}])),
        &place("[1].cancel"),
        &["4", "from 0 to 3 as a task's number"],
    );
    refused(then(&json!([{"cancel": -1}])), &place("[0].cancel"), &["-1", "from 0 to 3"]);
    refused(then(&json!([{"cancel": "a"}])), &place("[0].cancel"), &["\"a\"", "from 0 to 3"]);
    refused(then(&json!([{"submit": 2}])), &place("[0].submit"), &["2 is not allowed", "the last, in order: 3"]);
    refused(then(&json!([{"submit": 3}, {"submit": 2}])), &place("[0].submit"), &["3", "in order: 2"]);
    refused(then(&json!([{"cancel": 3}, {"submit": 3}])), &place("[0].cancel"), &["task 3 is not submitted before"]);
    refused(then(&json!([{"shutdown": {}}, {"shutdown": {}}])), &place("[1].shutdown"), &["two", "once"]);
    refused(
        then(&json!([{"shutdown": {"cancel_futures": true}}])),
        &place("[0].shutdown.cancel_futures"),
        &["`cancelFutures`"],
    );
    refused(then(&json!([{"slep": 1}])), &place("[0]"), &["`slep`", "`sleep`", "`shutdown`"]);
    refused(then(&json!({"sleep": 1})), "workload.then", &["map", "a sequence"]);
    for calls in ["submitAndWait", "map"] {
        let both = |step: Json| with_main(&json!({"calls": calls, "then": [step]}));
        refused(both(json!({"cancel": 0})), &place("[0].cancel"), &["no future", "submit"]);
        refused(both(json!({"submit": 3})), &place("[0].submit"), &["calls is submit"]);
        refused(with_main(&json!({"calls": calls, "results": "asCompleted"})), "workload.results", &["futures"]);
    }
    refused(with_main(&json!({"calls": "all"})), "workload.calls", &["`all`", "`submitAndWait`"]);
    let both = json!({"results": "asCompleted", "then": [{"shutdown": {"cancelFutures": true}}]});
    refused(with_main(&both), "workload.results", &["as_completed()", "for ever", "each, list or no"]);
}

#[test]
fn map_calls_one_function_with_positional_arguments() {
    let task = |call: Json, steps: Json| json!({"call": call, "steps": steps});
    let map = |second: Json| {
        let first = task(json!({"function": "f", "args": [1]}), json!([{"sleep": 0}]));
        json!({"workload": {"tasks": [first, second], "calls": "map"}, "method": "threads"})
    };
    assert!(request(&map(task(json!({"function": "f", "args": [2]}), json!([{"sleep": 0}]))).to_string()).is_ok());
    let steps = json!([{"sleep": 0}]);
    let place = "workload.tasks[1].call";
    refused(map(task(json!({"function": "f"}), steps.clone())), place, &["positional arguments"]);
    refused(map(task(json!({"function": "f", "kwargs": {"parameter": 1}}), steps.clone())), place, &["positional"]);
    refused(map(task(json!({"function": "g", "args": [2]}), steps.clone())), place, &["one function, f", "this is g"]);
    refused(map(task(json!({"function": "f", "args": [2, 3]}), steps)), place, &["one function"]);
    let others = map(task(json!({"function": "f", "args": [2]}), json!([{"sleep": 1}])));
    refused(others, "workload.tasks[1].steps", &["another's"]);
    refused(with_main(&json!({"chunksize": 2})), "workload.chunksize", &["executor.map()", "calls is map"]);
    refused(with_main(&json!({"calls": "map", "chunksize": 0})), "workload.chunksize", &["0", "from 1 to 10000"]);
}

#[test]
fn only_a_worker_process_may_end_itself() {
    let exit = |code: Json, method: &str| json!({"workload": {"tasks": [{"call": {"function": "f"}, "steps": [{"exit": code}]}]}, "method": method});
    assert!(request(&exit(json!(255), "processes").to_string()).is_ok());
    refused(
        exit(json!(256), "processes"),
        "workload.tasks[0].steps[0].exit",
        &["256", "from 0 to 255 as an exit code"],
    );
    for method in Method::ALL.into_iter().filter(|method| *method != Method::Processes) {
        let id = method.id();
        refused(exit(json!(1), id), "workload.tasks[0].steps", &[id, "the whole program", "run it by processes"]);
    }
    let after = json!({"tasks": [{"call": {"function": "f"}, "steps": [{"exit": 1}, {"print": "x"}]}]});
    refused(json!({"workload": after, "method": "processes"}), "workload.tasks[0].steps[0]", &["the last"]);
}
