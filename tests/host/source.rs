//! The Python programs: they are Python, they print what our own runs print, and they look as they always did.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use gilscope::source::python;
use gilscope::trace::{Stream, Trace};
use gilscope::workload::{Method, Op, Step, Task, Value, Work, Workload};
use gilscope::{presets, workload};

use crate::surroundings::{self, Setup, plan, request};

/// Sleeps of our runs and of Python's are that much shorter.
const SCALE: f64 = 0.01;
/// Computing of our runs is that much shorter; Python counts to the same number.
const COMPUTING: f64 = 0.002;

/// Workloads that a user may send, each with what must come through.
const HOSTILE: [(&str, &str); 25] = [
    (
        "fork",
        r#"{"tasks":[{"call":{"function":"get_context","args":[1]},"steps":[{"print":"PID {pid}"},{"return":1}]},
                     {"call":{"function":"get_context","args":[2]},"steps":[{"print":"PID {pid}"},{"return":1}]}],
            "startMethod":"fork","maxWorkers":3,"results":"list"}"#,
    ),
    (
        "waiting",
        r#"{"tasks":[{"call":{"function":"f","args":[3]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"f","args":[5]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"g","kwargs":{"k":[]}},"steps":[{"return":null}]}],
            "calls":"submitAndWait","results":"listThenEach","then":[{"print":"then"}],"after":["after"]}"#,
    ),
    (
        "waiting for one that raises",
        r#"{"tasks":[{"call":{"function":"f"},"steps":[{"print":"f"},{"raise":{"type":"KeyError","message":"k"}}]},
                     {"call":{"function":"f"},"steps":[{"print":"f"},{"raise":{"type":"KeyError","message":"k"}}]}],
            "calls":"submitAndWait","maxWorkers":2,"after":["never"]}"#,
    ),
    (
        "map",
        r#"{"tasks":[{"call":{"function":"list","args":[1]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"list","args":[2]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"list","args":[3]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"list","args":[4]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]},
                     {"call":{"function":"list","args":[5]},"steps":[{"print":"{parameter}"},{"returnParameters":["parameter"]}]}],
            "calls":"map","chunksize":2,"results":"each","maxWorkers":2,"after":["after"]}"#,
    ),
    (
        "map of two",
        r#"{"tasks":[{"call":{"function":"f","args":["a",1]},"steps":[{"returnParameters":["parameter_2","parameter_1"]}]},
                     {"call":{"function":"f","args":["b",2]},"steps":[{"returnParameters":["parameter_2","parameter_1"]}]}],
            "calls":"map","results":"listThenEach"}"#,
    ),
    (
        "map of one that raises",
        r#"{"tasks":[{"call":{"function":"f","args":[0.5]},"steps":[{"raise":{"type":"ValueError","message":"no"}}]}],
            "calls":"map","results":"list"}"#,
    ),
    (
        "as completed",
        r#"{"tasks":[{"call":{"function":"f","args":[30],"parameters":["future"]},"steps":[{"sleep":"future"},{"return":"late"}]},
                     {"call":{"function":"f","args":[0],"parameters":["future"]},"steps":[{"sleep":"future"},{"return":"late"}]},
                     {"call":{"function":"as_completed"},"steps":[{"return":"at once"}]}],
            "results":"asCompleted","after":["after"],"maxWorkers":3}"#,
    ),
    (
        "cancelled",
        r#"{"tasks":[{"call":{"function":"f","args":[0]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]},
                     {"call":{"function":"f","args":[1]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]},
                     {"call":{"function":"f","args":[2]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]},
                     {"call":{"function":"f","args":[3]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]},
                     {"call":{"function":"f","args":[4]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]},
                     {"call":{"function":"f","args":[5]},"steps":[{"sleep":60},{"print":"{parameter} ends"}]}],
            "then":[{"sleep":5},{"print":"{executor}"},{"cancel":5},{"cancel":5},{"shutdown":{"cancelFutures":true}},{"cancel":4}],
            "maxWorkers":2,"after":["after"]}"#,
    ),
    (
        "a cancelled result",
        r#"{"tasks":[{"call":{"function":"f","args":[0]},"steps":[{"sleep":20},{"return":1}]},
                     {"call":{"function":"f","args":[1]},"steps":[{"sleep":20},{"return":1}]},
                     {"call":{"function":"f","args":[2]},"steps":[{"sleep":20},{"return":1}]}],
            "then":[{"cancel":2}],"maxWorkers":1,"results":"each","after":["after"]}"#,
    ),
    (
        "too late a submit",
        r#"{"tasks":[{"call":{"function":"f","args":["a"]},"steps":[{"print":"{parameter}"}]},
                     {"call":{"function":"f","args":["b"]},"steps":[{"print":"{parameter}"}]}],
            "then":[{"sleep":1},{"shutdown":{"wait":false}},{"submit":1}],"maxWorkers":1}"#,
    ),
    ("empty", r#"{"tasks":[{"call":{"function":"nothing"}}]}"#),
    (
        "quotes",
        r#"{"before":["\"quoted\" and 'single'","only \"double\"","it's","{executor} {other} {","}{{}}","\\ \\n \\N{DASH} %s"],
            "tasks":[{"call":{"function":"f","args":["a\"b'c\\d"]},
                      "steps":[{"print":"\"{parameter}\" {{parameter}} {} {x} \\{parameter}"},{"print":"{"},{"print":""},
                               {"print":"no field { } here"},{"print":"{parameter"},{"returnParameters":["parameter"]}]}],
            "after":["\"\"\"","'''"],"results":"each"}"#,
    ),
    (
        "unicode",
        r#"{"before":["naïve café ☕ 日本 😀","a\u202eb\u200bc\u00a0d"],
            "tasks":[{"call":{"function":"größe","args":["ß\u2028😀"],"parameters":["名前"]},
                      "steps":[{"print":"{名前} größe"},{"return":"é\u0301"}]},
                     {"call":{"function":"x²","args":[1],"parameters":["ſ"]},"steps":[{"print":"{ſ}"},{"returnParameters":["ſ"]}]},
                     {"call":{"function":"s","args":[1]}}],"results":"each"}"#,
    ),
    (
        "lines",
        r#"{"before":["one\ntwo\n\nfour"],"tasks":[{"call":{"function":"f","args":["x\ny"]},
            "steps":[{"print":"tab\there\n{parameter}\nend"},{"returnParameters":["parameter"]}]}],"after":["\n"],"results":"list"}"#,
    ),
    (
        "controls",
        r#"{"tasks":[{"call":{"function":"f"},"steps":[{"print":"bell \u0007 nul \u0000 del \u007f esc \u001b next \u0085 form \f"},
            {"return":"\u0001\ufeff"}]}],"results":"each"}"#,
    ),
    (
        "same-name",
        r#"{"tasks":[{"call":{"function":"work"},"steps":[{"print":"first"},{"return":1}]},
                     {"call":{"function":"work"},"steps":[{"print":"second"},{"return":2}]},
                     {"call":{"function":"work"},"steps":[{"print":"first"},{"return":1}]},
                     {"call":{"function":"work_2","args":[3]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"work","args":[1,2]},"steps":[{"returnParameters":["parameter_2","parameter_1"]}]}],
            "results":"listThenEach"}"#,
    ),
    (
        "names",
        r#"{"tasks":[{"call":{"function":"bytes","kwargs":{"float":1,"time":"t","print":[1,2],"count":0.5}},
                      "steps":[{"print":"{float} {time} {print} {count}"},{"sleep":"count"},{"compute":{"primesBelow":10}},
                               {"print":"counted"},{"returnCount":null}]},
                     {"call":{"function":"bytes","kwargs":{"float":2,"time":"u","print":[],"count":0}},
                      "steps":[{"print":"{float} {time} {print} {count}"},{"sleep":"count"},{"compute":{"primesBelow":10}},
                               {"print":"counted"},{"returnCount":null}]},
                     {"call":{"function":"main","args":["m"],"parameters":["pid"]},"steps":[{"returnParameters":["pid"]}]},
                     {"call":{"function":"futures","args":["f"],"parameters":["_"]},
                      "steps":[{"repeat":{"times":2,"steps":[{"print":"{_}"}]}},{"returnParameters":["_"]}]},
                     {"call":{"function":"executor"},"steps":[{"return":{"tuple":[1]}}]},
                     {"call":{"function":"results"},"steps":[{"return":{"tuple":[]}}]},
                     {"call":{"function":"print"},"steps":[{"print":"mine"}]},
                     {"call":{"function":"__name__"}},{"call":{"function":"asyncio"}},{"call":{"function":"argument_list","args":[1]}},
                     {"call":{"function":"argument_list","args":[5]}},{"call":{"function":"argument","args":[7]}},
                     {"call":{"function":"argument","args":[6]}},{"call":{"function":"i"}},{"call":{"function":"N"}},
                     {"call":{"function":"_"}},{"call":{"function":"future"}},{"call":{"function":"range"}},
                     {"call":{"function":"range"}},{"call":{"function":"getpid"}},{"call":{"function":"count_primes"}}],
            "results":"each"}"#,
    ),
    (
        "all-kinds-of-arguments",
        r#"{"tasks":[{"call":{"function":"f","args":[1],"kwargs":{"k":2}},"steps":[{"returnParameters":["k"]}]},
                     {"call":{"function":"f","args":[3],"kwargs":{"k":4}},"steps":[{"returnParameters":["k"]}]},
                     
                     {"call":{"function":"g","args":[1,{"tuple":["x"]}]},"steps":[{"returnParameters":["parameter_1","parameter_2"]}]},
                     {"call":{"function":"g","args":[[],{"a":null}]},"steps":[{"returnParameters":["parameter_1","parameter_2"]}]},
                     {"call":{"function":"h"}},{"call":{"function":"h"}},{"call":{"function":"h"}},
                     {"call":{"function":"j","args":[-9223372036854775808]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"j","args":[-0.0]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"j","args":[1e300]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"j","args":[true]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"k","args":[9223372036854775805]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"k","args":[9223372036854775806]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"k","args":[9223372036854775807]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"m","args":[3]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"m","args":[4]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"m","args":[6]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n","args":[3]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n","args":[4]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n","args":[5]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n_","args":[-1]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n_","args":[0]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n_","args":[1]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"n_","args":[2]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"o","args":[7]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"o","args":[8]},"steps":[{"returnParameters":["parameter"]}]},
                     {"call":{"function":"p","args":[{"bytes":3}]}}],
            "results":"list"}"#,
    ),
    (
        "raises",
        r#"{"before":["begin"],"tasks":[{"call":{"function":"f","args":[1]},"steps":[{"print":"called {parameter}"},{"return":1}]},
                     {"call":{"function":"g"},"steps":[{"sleep":1},{"raise":{"type":"ValueError","message":"no \"such\" {thing}"}}]}],
            "after":["end"],"results":"each"}"#,
    ),
    (
        "raises-its-own",
        r#"{"tasks":[{"call":{"function":"g","args":[0],"parameters":["OutOfPaper"]},
            "steps":[{"raise":{"type":"OutOfPaper","message":"tray 2"}}]}],"results":"list"}"#,
    ),
    (
        "raises-bare",
        r#"{"tasks":[{"call":{"function":"g"},"steps":[{"raise":{"type":"RuntimeError"}}]}],"results":"list"}"#,
    ),
    (
        "raises-unheard",
        r#"{"tasks":[{"call":{"function":"g"},"steps":[{"raise":{"type":"UnicodeDecodeError_","message":"m"}}]}],
            "after":["after"]}"#,
    ),
    (
        "counts",
        r#"{"tasks":[{"call":{"function":"nothing"},"steps":[{"returnCount":null}]},
                     {"call":{"function":"never"},"steps":[{"repeat":{"times":0,"steps":[{"compute":{"primesBelow":5}}]}},{"returnCount":null}]},
                     {"call":{"function":"twice"},"steps":[{"compute":{"primesBelow":100}},{"compute":{"primesBelow":20000}},{"returnCount":null}]},
                     {"call":{"function":"loop"},"steps":[{"repeat":{"times":3,"steps":[{"compute":{"primesBelow":2}},{"compute":{"primesBelow":3}}]}},
                                                          {"returnCount":null}]},
                     {"call":{"function":"few"},"steps":[{"compute":{"primesBelow":2}},{"returnCount":null}]},
                     {"call":{"function":"none"},"steps":[{"compute":{"primesBelow":0}},{"compute":{"seconds":0.5}}]},
                     {"call":{"function":"seconds"},"steps":[{"compute":{"seconds":0.25}},{"print":"and"},{"compute":{"seconds":0.5}},
                                                             {"sleep":0},{"returnCount":null}]}],
            "toThread":true,"results":"each","maxWorkers":2}"#,
    ),
    (
        "long",
        r#"{"before":["A line that is much too long for one line of Python code, so that it is written as several literals in brackets, {executor}."],
            "tasks":[{"call":{"function":"a_function_with_a_name_that_is_very_long_indeed","args":["first","second"],
                              "parameters":["a_parameter_with_a_name_that_is_long","another_parameter_with_such_a_name"]},
                      "steps":[{"print":"{a_parameter_with_a_name_that_is_long} and {another_parameter_with_such_a_name} in { and }, PID is not {pidx}, end"},
                               {"raise":{"type":"LookupError","message":"a message that is much too long for one line of Python code, and that is it"}}]},
                     {"call":{"function":"a_function_with_a_name_that_is_very_long_indeed_2","args":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]},
                      "steps":[{"print":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"},
                               {"return":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",{"k":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","ccccccccccccccccccccccc"]},{"tuple":[1]}]}]}]}"#,
    ),
    (
        "nested",
        r#"{"tasks":[{"call":{"function":"f"},"steps":[{"repeat":{"times":2,"steps":[{"repeat":{"times":1,"steps":[{"repeat":{"times":2,"steps":[
            {"print":"in"},{"repeat":{"times":5,"steps":[]}}]}}]}},{"print":"out"}]}},{"return":[[[[[[[[{"a":{"b":{"c":[]}}}]]]]]]]]}]}],"results":"each"}"#,
    ),
];

/// A worker that dies.
const EXITS: &str = r#"{"tasks":[{"call":{"function":"f","args":[1]},"steps":[{"print":"{parameter}"},{"exit":3}]}],
    "after":["after"],"results":"list","maxWorkers":2}"#;

fn asking(workload: &str, method: Method) -> String {
    format!(r#"{{"workload":{workload},"method":"{}","scale":{SCALE}}}"#, method.id())
}

/// All of them; those that are too long to write down are made here.
fn hostile() -> Vec<(&'static str, String)> {
    let written = HOSTILE.iter().map(|(name, workload)| (*name, (*workload).to_owned()));
    written.chain([("deep", deep()), ("soup", soup())]).collect()
}

/// Loops nested deeper than Python allows, and lists as deep as JSON allows.
fn deep() -> String {
    let nested = |times: u32, levels: usize| {
        let steps = (0..levels).fold(r#"{"print":"deep"}"#.to_owned(), |steps, _| {
            format!(r#"{{"repeat":{{"times":{times},"steps":[{steps}]}}}}"#)
        });
        format!(r#"{{"call":{{"function":"f{times}"}},"steps":[{steps}]}}"#)
    };
    let lists = format!("{}{}", "[".repeat(110), "]".repeat(110));
    let lists = format!(r#"{{"call":{{"function":"lists","args":[{lists}]}},"steps":[{{"return":{lists}}}]}}"#);
    format!(r#"{{"tasks":[{},{},{},{lists}],"results":"each"}}"#, nested(0, 30), nested(1, 30), nested(2, 9))
}

/// Lines of what strings are easily got wrong with, in every order that comes.
fn soup() -> String {
    let ingredients = [
        "{parameter}",
        "{other}",
        "{",
        "}",
        "{{",
        "}}",
        "'",
        "\"",
        "\\",
        "\n",
        "\t",
        "\r",
        " ",
        " ",
        "word",
        "\\N{DASH}",
        "\u{0}",
        "é",
        "😀",
        "%s",
        "#",
        "f\"",
        "\"\"\"",
        "\\x4",
        "\u{2028}",
        "!r}",
        ":>3}",
        "=}",
    ];
    let mut state = 1_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut line = |_| {
        let length = next(40);
        (0..length).map(|_| ingredients[next(ingredients.len())]).collect::<String>()
    };
    let lines: Vec<String> = (0..300).map(&mut line).collect();
    let steps: Vec<_> = lines.iter().map(|line| serde_json::json!({ "print": line })).collect();
    let results: Vec<_> = (0..30).map(&mut line).collect();
    let call = serde_json::json!({ "function": "f", "args": [line(0)] });
    let returns = serde_json::json!({ "call": { "function": "g" }, "steps": [{ "return": results[0] }] });
    serde_json::json!({
        "before": results, "tasks": [{ "call": call, "steps": steps }, returns], "after": results, "results": "each",
    })
    .to_string()
}

/// Names that a request may not have, but a workload can: keywords, and one parameter twice.
fn refused_names() -> Workload {
    let text = |text: &str| Value::Str(text.to_owned());
    let call = Task {
        function: "class".to_owned(),
        parameters: ["def", "a", "a", "é\u{301}", "__debug__", ""].map(str::to_owned).to_vec(),
        args: vec![text("first"), text("second")],
        kwargs: ["a", "é\u{301}", "__debug__", ""].map(|name| (name.to_owned(), text(name))).to_vec(),
        steps: vec![
            Step::Print("{def} {a} {__debug__} {}".to_owned()),
            Step::ReturnParameters(vec!["a".to_owned(), "def".to_owned()]),
        ],
    };
    let mut workload = presets::example("threads-list").expect("an example").workload;
    workload.tasks = vec![Task { args: Vec::new(), parameters: call.parameters[2..].to_vec(), ..call.clone() }; 2];
    workload.tasks.extend([Task { function: "1".to_owned(), ..call.clone() }, call]);
    workload
}

/// Every program that there is to check, with a name.
fn programs() -> Vec<(String, String)> {
    let mut workloads: Vec<(String, Workload)> =
        presets::examples().into_iter().map(|example| (example.id.to_owned(), example.workload)).collect();
    let deep = deep();
    for (name, json) in HOSTILE.into_iter().chain([("deep", deep.as_str())]) {
        let workload =
            request(&asking(json, Method::Threads)).unwrap_or_else(|error| panic!("{name}: {error}")).workload;
        // Written the other way too.
        let one_by_one = Workload { style: workload::Style::OneByOne, ..workload.clone() };
        let to_thread = Workload { to_thread: !workload.to_thread, max_workers: None, ..workload.clone() };
        workloads.push((format!("{name}, one by one"), one_by_one));
        workloads.push((format!("{name}, threads the other way"), to_thread));
        workloads.push((name.to_owned(), workload));
    }
    workloads.push(("refused names".to_owned(), refused_names()));
    let name = |name: &str, method: Method| format!("{name} by {}", method.id());
    let each =
        |(id, workload): &(String, Workload)| Method::ALL.map(|method| (name(id, method), python(workload, method)));
    workloads.iter().flat_map(each).collect()
}

/// The machine's Python, if it is new enough to read the programs.
pub fn interpreter() -> Option<&'static str> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        // Its own name for itself: `python3` may be a script that looks for it each time.
        let check = "import sys; print(sys.executable if sys.version_info >= (3, 9) else '')";
        let output = Command::new("python3").args(["-c", check]).stderr(Stdio::null()).output().ok()?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !path.is_empty()).then_some(path)
    });
    if found.is_none() {
        eprintln!("Skipped: this machine has no python3 of version 3.9 or later.");
    }
    found.as_deref()
}

pub fn of_the_tests(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

#[test]
fn every_program_is_python() {
    let Some(interpreter) = interpreter() else { return };
    let mut check = Command::new(interpreter)
        .arg(of_the_tests("python/check.py"))
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let programs = serde_json::to_string(&programs()).expect("JSON");
    check.stdin.take().expect("a pipe").write_all(programs.as_bytes()).expect("it reads");
    let checked = check.wait_with_output().expect("it ends");
    assert!(checked.status.success(), "not right:\n{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn lines_keep_to_pep_8() {
    for example in presets::examples() {
        for method in Method::ALL {
            let program = python(&example.workload, method);
            for line in program.lines() {
                let place = format!("{} by {}: {line:?}", example.id, method.id());
                assert!(line.chars().count() <= 79, "too long in {place}");
                assert_eq!(line.trim_end(), line, "space at the end of a line in {place}");
                assert!(!line.contains('\t'), "a tab in {place}");
            }
            assert!(
                program.ends_with('\n') && !program.ends_with("\n\n"),
                "{} by {}: its end",
                example.id,
                method.id()
            );
            assert!(!program.contains("\n\n\n\n"), "{} by {}: three empty lines", example.id, method.id());
        }
    }
}

#[test]
fn threads_with_and_without_a_gil_run_the_same_program() {
    for example in presets::examples() {
        let [with, without] = [Method::Threads, Method::ThreadsFree].map(|method| python(&example.workload, method));
        let ((with, rest), (without, same)) = (with.split_once('\n').unwrap(), without.split_once('\n').unwrap());
        assert!(with.contains("python3.14 "), "{}: {with}", example.id);
        assert!(without.contains("python3.14t "), "{}: {without}", example.id);
        assert_eq!(rest, same, "{}", example.id);
    }
}

#[test]
fn a_start_method_that_was_asked_for_is_in_the_program() {
    let mut workload = presets::example("processes-three").expect("an example").workload;
    for method in Method::ALL {
        assert!(!python(&workload, method).contains("get_context"), "{}: nobody asked for one", method.id());
    }
    for start_method in workload::StartMethod::ALL {
        workload.start_method = Some(start_method);
        let program = python(&workload, Method::Processes);
        let made = format!("max_workers=3, mp_context=get_context(\"{}\")\n    ) as executor:", start_method.id());
        let imported = "import ProcessPoolExecutor\nfrom multiprocessing import get_context\n";
        assert!(program.contains(imported) && program.contains(&made), "{program}");
        assert!(!python(&workload, Method::Threads).contains("get_context"));
    }
}

#[test]
fn every_example_at_home_looks_as_it_always_did() {
    let mut differ = Vec::new();
    let mut files = HashSet::new();
    for example in presets::examples() {
        let path = of_the_tests("golden/python").join(format!("{}.py", example.id));
        let program = python(&example.workload, example.home);
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, &program).expect("written");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        if golden != program {
            differ.push(format!("{}:\n{program}", path.display()));
        }
        files.insert(path);
    }
    for entry in std::fs::read_dir(of_the_tests("golden/python")).expect("a folder").flatten() {
        if !files.contains(&entry.path()) {
            differ.push(format!("{}: no example has this name", entry.path().display()));
        }
    }
    assert!(
        differ.is_empty(),
        "{}\n\nIf this is how they should look now: BLESS=1 cargo test --test host source",
        differ.join("\n\n")
    );
}

/// What a program wrote.
pub struct Written {
    pub stdout: Vec<String>,
    pub stderr: String,
    pub well: bool,
}

/// Runs a program as its first line says, from a file.
pub fn run_python(interpreter: &str, program: &str) -> Written {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("source-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("example.py");
    std::fs::write(&file, program).expect("written");
    let output = Command::new(interpreter)
        .arg(&file)
        .env("PYTHONPATH", of_the_tests("python"))
        .env("PYTHONUTF8", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .expect("python3 starts");
    std::fs::remove_dir_all(&folder).expect("removed");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    Written {
        stdout: lines(stdout.strip_suffix('\n')),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        well: output.status.success(),
    }
}

/// Lines as a terminal has them: a text may have several; whose PID is in one does not matter.
fn lines<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mask = |line: &str| match line.split_once("PID ") {
        None => line.to_owned(),
        Some((before, rest)) => format!("{before}PID {}", rest.trim_start_matches(|c: char| c.is_ascii_digit())),
    };
    texts.into_iter().flat_map(|text| text.split('\n')).map(mask).collect()
}

/// The program, so that it takes as long as our run: sleeps shortened, and counting to the same numbers.
fn shortened(program: &str, trace: &Trace) -> String {
    let mut program = program.replace("time.sleep(", &format!("time.sleep({SCALE} * "));
    program = program.replace("asyncio.sleep(", &format!("asyncio.sleep({SCALE} * "));
    // This Python may be older than InterpreterPoolExecutor, which is a ThreadPoolExecutor to its callers.
    program = program.replace(
        "from concurrent.futures import InterpreterPoolExecutor",
        "from concurrent.futures import ThreadPoolExecutor as InterpreterPoolExecutor",
    );
    // What CPython 3.14 does on Linux by itself: workers import the program instead of being copies of their parent.
    let import = "from concurrent.futures import ProcessPoolExecutor";
    let set = "from multiprocessing import set_start_method; set_start_method(\"forkserver\", force=True)";
    program = program.replace(import, &format!("{set}\n{import}"));
    assert_eq!(program.contains("set_start_method"), plan(trace).method == Method::Processes, "{program}");
    let mut durations = Vec::new();
    for task in &plan(trace).workload.tasks {
        collect_durations(&task.steps, &mut durations);
    }
    for (number, seconds) in (1..).zip(&durations) {
        let name = if durations.len() == 1 { "N".to_owned() } else { format!("N_{number}") };
        let constant = |line: &&str| line.starts_with(&format!("{name} = "));
        let line = program.lines().find(constant).unwrap_or_else(|| panic!("{name} in\n{program}")).to_owned();
        program = program.replace(&line, &format!("{name} = {}", plan(trace).primes_for(*seconds)));
    }
    program
}

fn collect_durations(steps: &[Step], durations: &mut Vec<f64>) {
    for step in steps {
        match step {
            Step::Compute(Work::Seconds(seconds)) if !durations.contains(seconds) => durations.push(*seconds),
            Step::Repeat(_, steps) => collect_durations(steps, durations),
            _ => {}
        }
    }
}

/// How what Python wrote differs from what our run printed, if it does.
fn compare(trace: &Trace, written: &Written) -> Result<(), String> {
    let printed = |stream| trace.output.iter().filter(move |line| line.stream == stream);
    let ours = lines(printed(Stream::Stdout).map(|line| line.text.as_str()));
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    };
    if sorted(&ours) != sorted(&written.stdout) {
        return Err(format!("Python printed\n{:#?}\nour run\n{ours:#?}", written.stdout));
    }
    let plan = plan(trace);
    let workload = &plan.workload;
    let raised = |raised: Option<&gilscope::trace::Line>| match raised {
        None if written.well && written.stderr.is_empty() => Ok(()),
        Some(raised) if !written.well && written.stderr.trim_end().ends_with(raised.text.trim_end()) => Ok(()),
        raised => Err(format!("our run raised {raised:?}, Python wrote\n{}", written.stderr)),
    };
    if !workload.then.is_empty() || workload.prints_as_they_come(plan.method) {
        // The main program prints while calls do.
        return raised(printed(Stream::Stderr).next_back());
    }
    // What the main program printed before its calls and after them is in its place.
    let before = (0..plan.workload.before.len()).map(|line| plan.main_line(line as u32)).collect::<Vec<_>>();
    let before = lines(before.iter().map(String::as_str));
    let mut of_tasks = 0;
    for (number, task) in plan.tasks.iter().enumerate() {
        // Where nothing keeps it, an exception ends the program before the calls that follow.
        if trace.tasks[number].ran.is_none() {
            continue;
        }
        let prints = task.ops.iter().filter_map(|op| match op {
            Op::Print(line) => Some(plan.printed(number as u32, *line, 1)),
            _ => None,
        });
        let prints: Vec<String> = prints.collect();
        let prints = lines(prints.iter().map(String::as_str));
        let mut rest = written.stdout.iter();
        if let Some(missing) = prints.iter().find(|&line| !rest.any(|other| other == line)) {
            return Err(format!("task {number} does not print {missing:?} in its place: {:#?}", written.stdout));
        }
        of_tasks += prints.len();
    }
    let after = ours.len() - before.len() - of_tasks;
    if !written.stdout.starts_with(&before) || !written.stdout.ends_with(&ours[ours.len() - after..]) {
        return Err(format!("the main program's lines are not in their places: {:#?}", written.stdout));
    }
    raised(printed(Stream::Stderr).next_back())
}

#[test]
fn programs_print_what_our_runs_print() {
    let Some(interpreter) = interpreter() else { return };
    let methods = [Method::Sequential, Method::Threads, Method::Processes, Method::Asyncio, Method::Interpreters];
    let mut requests = Vec::new();
    for method in methods {
        for example in presets::examples() {
            let json = format!(r#"{{"example":"{}","method":"{}","scale":{SCALE}}}"#, example.id, method.id());
            requests.push((format!("{} by {}", example.id, method.id()), json));
        }
        if method == Method::Processes {
            requests.push(("exit".to_owned(), asking(EXITS, method)));
        }
        // To their callers interpreters are threads: the examples are enough.
        let hostile = if method == Method::Interpreters { Vec::new() } else { hostile() };
        for (name, workload) in hostile {
            requests.push((format!("{name} by {}", method.id()), asking(&workload, method)));
        }
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some((name, json)) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let attempt = || {
                let trace = surroundings::run_on(&Setup { computing: COMPUTING, ..Setup::default() }, json).trace;
                let program = python(&plan(&trace).workload, plan(&trace).method);
                let written = run_python(interpreter, &shortened(&program, &trace));
                let meets_times = !plan(&trace).workload.then.is_empty();
                let wrong = |how| (format!("{name}: {how}\n{}\n{program}", written.stderr), meets_times);
                compare(&trace, &written).map_err(wrong)
            };
            // What a step meets depends on the time when it comes: on a machine that others use, it may come late.
            let again = |(how, meets_times): (String, bool)| {
                if meets_times { attempt().or_else(|_| attempt()).map_err(|(how, _)| how) } else { Err(how) }
            };
            wrong.extend(attempt().or_else(again).err());
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..6).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
