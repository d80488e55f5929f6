//! The examples that are programs: what requests say of them, and what CPython prints when it runs them. The files in
//! `tests/golden/programs` are held against the Python engine too (`tests/page/python-examples.test.mjs`).

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use gilscope::presets::{self, PROGRAMS};
use gilscope::workload::ProgramRequest;
use serde_json::{Value as Json, json};

use crate::source::{interpreter, of_the_tests, run_python};

fn parse(json: &Json) -> Result<Option<ProgramRequest>, String> {
    let lookup = |id: &str| presets::program(id).map(|program| (program.source, program.gil));
    ProgramRequest::parse(&json.to_string(), lookup).map_err(|error| error.to_string())
}

#[test]
fn a_request_names_a_program_or_brings_one() {
    for program in PROGRAMS {
        let request = parse(&json!({"example": program.id})).unwrap().expect("a program's");
        assert_eq!((request.source.as_str(), request.gil), (program.source, program.gil), "{}", program.id);
        let other =
            parse(&json!({"example": program.id, "gil": !program.gil, "switchInterval": 0.02})).unwrap().unwrap();
        assert_eq!((other.gil, other.switch_interval), (!program.gil, Duration::from_millis(20)), "{}", program.id);
    }
    let own = parse(&json!({"source": "print()", "args": ["a"]})).unwrap().unwrap();
    assert_eq!((own.source.as_str(), own.gil, own.args.len()), ("print()", true, 1));
    assert_eq!(parse(&json!({"example": "cpu-four", "method": "threads"})), Ok(None), "a workload");
    assert_eq!(parse(&json!({"example": "nonsense"})), Ok(None), "what Request::parse refuses");
}

#[test]
fn a_wrong_request_for_a_program_is_refused() {
    for (request, said) in [
        (json!({"example": "race", "method": "threads"}), "method: a Python program is to be run"),
        (json!({"example": "race", "maxWorkers": 2}), "maxWorkers: "),
        (json!({"source": "", "scale": 1}), "scale: "),
        (json!({"example": "race", "startMethod": "fork"}), "startMethod: "),
        (json!({"example": "race", "source": ""}), "source: there is an example too"),
        (json!({"source": "", "gil": "no"}), "gil: "),
        (json!({"source": 1}), "source: "),
        (json!({"source": "", "sauce": 1}), "sauce"),
        (json!({"source": "#".repeat(1 + (1 << 20))}), "source: 1048577 bytes; at most 1048576"),
        (json!({"source": "", "switchInterval": 1}), "switchInterval: 1 is not allowed"),
    ] {
        let error = parse(&request).expect_err(said);
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

#[test]
fn programs_are_listed_once_and_keep_to_pep_8() {
    let mut ids: BTreeSet<_> = presets::examples().iter().map(|example| example.id).collect();
    for program in PROGRAMS {
        assert!(ids.insert(program.id), "{} is there twice", program.id);
        let build = if program.gil { "python3.14" } else { "python3.14t" };
        assert_eq!(
            program.source.lines().next(),
            Some(format!("# Run: {build} example.py").as_str()),
            "{}",
            program.id
        );
        assert!((15..=45).contains(&program.source.lines().count()), "{}: short enough to be read", program.id);
        for line in program.source.lines() {
            assert!(
                line.chars().count() <= 79 && line.trim_end() == line && !line.contains('\t'),
                "{}: {line}",
                program.id
            );
        }
        assert!(program.source.ends_with("\n") && program.about.ends_with('.'), "{}", program.id);
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/presets/programs")).unwrap();
    assert_eq!(files.count(), PROGRAMS.len(), "each file is listed");
}

/// Whether a line is as its pattern says, in which `#` stands for one word or number: a measured time, what a race loses.
fn matches(line: &str, pattern: &str) -> bool {
    let Some((before, after)) = pattern.split_once('#') else { return line == pattern };
    let Some(rest) = line.strip_prefix(before) else { return false };
    let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    word > 0 && matches(&rest[word..], after)
}

/// Compares lines with patterns: those that begin with `~` may come anywhere, the others come in this order.
fn compare(lines: &[String], patterns: &str) -> Result<(), String> {
    let (mut anywhere, ordered): (Vec<&str>, Vec<&str>) = patterns.lines().partition(|line| line.starts_with('~'));
    let mut ordered = ordered.into_iter().peekable();
    for line in lines {
        if ordered.next_if(|pattern| matches(line, pattern)).is_some() {
            continue;
        }
        let found = anywhere.iter().position(|pattern| matches(line, &pattern[1..]));
        anywhere.swap_remove(found.ok_or_else(|| format!("{line:?} comes where {:?} should", ordered.peek()))?);
    }
    match anywhere.into_iter().chain(ordered).next() {
        None => Ok(()),
        Some(missing) => Err(format!("{missing:?} does not come")),
    }
}

#[test]
fn comparing_finds_what_differs() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let patterns = "a\n~x\nb=#!\n~y";
    for right in ["a b=1! x y", "y a x b=1.25!", "x y a b=True!"] {
        assert_eq!(compare(&lines(right), patterns), Ok(()), "{right}");
    }
    for wrong in ["a b=1! x", "b=1! a x y", "a b=! x y", "a b=1 x y", "a b=1! x y y", "a a b=1! x y", "a b=1! y z", ""]
    {
        assert!(compare(&lines(wrong), patterns).is_err(), "{wrong}");
    }
}

/// What a program prints, by its patterns.
fn expected(id: &str) -> String {
    let path = of_the_tests("golden/programs").join(format!("{id}.txt"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The machine's Python, if it has what the programs use: TaskGroup and `except*` are of 3.11.
fn new_enough() -> Option<&'static str> {
    let found = interpreter()?;
    let check = ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"];
    if Command::new(found).args(check).status().is_ok_and(|status| status.success()) {
        return Some(found);
    }
    eprintln!("Skipped: this machine's python3 is older than 3.11.");
    None
}

#[test]
fn cpython_prints_what_is_expected_of_programs() {
    let Some(interpreter) = new_enough() else { return };
    let run = |program: &'static presets::Program| {
        let written = run_python(interpreter, program.source);
        let raised = program.id == "exceptions";
        assert!(written.well, "{}: {}", program.id, written.stderr);
        assert_eq!(
            written.stderr.trim_end().ends_with("ZeroDivisionError: division by zero"),
            raised,
            "{}",
            program.id
        );
        assert!(raised || written.stderr.is_empty(), "{}: {}", program.id, written.stderr);
        compare(&written.stdout, &expected(program.id))
            .unwrap_or_else(|error| panic!("{}: {error}\n{:#?}", program.id, written.stdout));
    };
    std::thread::scope(|scope| {
        // One of them never ends: it has a test of its own.
        for program in PROGRAMS.iter().filter(|program| program.id != "deadlock") {
            scope.spawn(move || run(program));
        }
    });
}

#[test]
fn a_deadlock_is_one_in_cpython_too() {
    let Some(interpreter) = new_enough() else { return };
    let source = presets::program("deadlock").expect("a program").source;
    let mut python = Command::new(interpreter)
        .args(["-u", "-c", source])
        .env("PYTHONPATH", of_the_tests("python"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    let mut lines = BufReader::new(python.stdout.take().expect("a pipe")).lines();
    let printed: Vec<String> = (0..2).map(|_| lines.next().expect("a line").expect("UTF-8")).collect();
    std::thread::sleep(Duration::from_millis(1500));
    let ended = python.try_wait().expect("known");
    python.kill().expect("it can be ended");
    python.wait().expect("it ends");
    assert_eq!(ended, None, "it should wait for ever");
    compare(&printed, &expected("deadlock")).unwrap();
    assert_eq!(lines.count(), 0, "nobody eats");
}
