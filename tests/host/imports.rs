//! Who may import whom: the table of the design, held against `src/`. And two more rules that a reader can rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Left may use right. A room may always use itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("gil", &["time"]),
    ("workload", &["time"]),
    ("host", &["time"]),
    ("trace", &["time", "workload", "host"]),
    ("executor", &["time", "workload"]),
    ("method", &["time", "workload", "host", "gil", "trace", "executor"]),
    ("presets", &["workload"]),
    ("source", &["workload", "time"]),
    ("analysis", &["time", "workload", "trace"]),
    ("chart", &["time", "workload", "trace", "analysis"]),
    ("export", &["time", "workload", "trace", "analysis", "chart"]),
    // The plain data of all of those that cross a boundary, and nothing that does anything with them.
    ("wire", &["time", "workload", "host", "trace", "analysis", "method", "presets", "source", "chart"]),
    // Conversions to and from JavaScript: it may use everything, and nobody may use it.
    (
        "browser",
        &[
            "time", "gil", "workload", "host", "trace", "executor", "method", "presets", "source", "analysis", "chart",
            "export", "wire",
        ],
    ),
];

/// The longest file of `src/`, in lines: beyond that a file is more than one thing.
const LONGEST: usize = 600;

fn table() -> BTreeMap<&'static str, &'static [&'static str]> {
    MAY_USE.iter().copied().collect()
}

/// All files of `src/`, by their path in it.
fn files() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, root: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort();
    assert!(files.len() > 20, "only {} files: is this the right folder?", files.len());
    files
}

/// The room that a file belongs to: `src/method/threads.rs` is of `method`.
fn room(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The text without comments, and with nothing in its strings; every line stays on its line.
fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut i = 0;
    // Skips what does not count, but for its ends of lines.
    let skip = |code: &mut String, from: usize, to: usize| code.extend(chars[from..to].iter().filter(|c| **c == '\n'));
    let find = |from: usize, end: &[char]| {
        let at = (from..chars.len()).find(|at| chars[*at..].starts_with(end));
        at.map_or(chars.len(), |at| at + end.len())
    };
    while i < chars.len() {
        let rest = &chars[i..];
        let raw = rest.starts_with(&['r', '"']) || rest.starts_with(&['r', '#', '"']);
        let to = if rest.starts_with(&['/', '/']) {
            (i..chars.len()).find(|at| chars[*at] == '\n').unwrap_or(chars.len())
        } else if rest.starts_with(&['/', '*']) {
            find(i, &['*', '/'])
        } else if raw {
            let hash = rest[1] == '#';
            find(i + 2 + usize::from(hash), if hash { &['"', '#'] } else { &['"'] })
        } else if rest[0] == '"' {
            let mut at = i + 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            (at + 1).min(chars.len())
        } else if rest.starts_with(&['\'', '"', '\'']) || rest.starts_with(&['\'', '\\', '"', '\'']) {
            find(i + 1, &['\''])
        } else {
            code.push(chars[i]);
            i += 1;
            continue;
        };
        skip(&mut code, i, to.max(i + 1));
        i = to.max(i + 1);
    }
    code
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first names of a path's rest: `time::Time` has `time`, `{gil, time::{Time, Anchor}}` has `gil` and `time`, with
/// the number of bytes at which each begins.
fn first_names(rest: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let (mut depth, mut begins) = (0, true);
    for (at, c) in rest.char_indices() {
        match c {
            '{' => {
                depth += 1;
                begins = depth == 1;
            }
            '}' => depth -= 1,
            ',' => begins = depth == 1,
            c if c.is_whitespace() => {}
            _ if begins => {
                let end = rest[at..].find(|c| !is_name(c)).map_or(rest.len(), |length| at + length);
                names.push((at, rest[at..end.max(at + c.len_utf8())].to_owned()));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 && !c.is_whitespace() {
            break;
        }
    }
    names
}

/// The rooms that a file names, with the line of each: by `crate::`, or by so many `super::` that they lead there.
fn uses(path: &Path, text: &str) -> Vec<(usize, String)> {
    let code = code(text);
    let depth = path.components().count();
    let mut uses = Vec::new();
    let supers = "super::".repeat(depth);
    for root in ["crate::", supers.as_str()] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with(|c| is_name(c) || c == ':' || c == '$') && !code[..at].ends_with("super::") {
                continue;
            }
            let from = at + root.len();
            for (offset, name) in first_names(&code[from..]) {
                let line = code[..from + offset].matches('\n').count() + 1;
                // `super::` leads to the crate's root only outside of a module within a file; there it means others.
                if root == "crate::" || table().contains_key(name.as_str()) {
                    uses.push((line, name));
                }
            }
        }
    }
    uses
}

/// What a file names that it may not, as "file:line: …".
fn offences(path: &Path, text: &str) -> Vec<String> {
    let own = room(path);
    let table = table();
    let may_use = table.get(own.as_str());
    let not_allowed = |name: &str| *name != own && !may_use.is_some_and(|rooms| rooms.contains(&name));
    let uses = uses(path, text).into_iter().filter(|(_, name)| not_allowed(name));
    uses.map(|(line, name)| format!("src/{}:{line}: `{own}` may not use `{name}`", path.display())).collect()
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let mut offences = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in files() {
        if path == Path::new("lib.rs") {
            continue;
        }
        assert!(
            table().contains_key(room(&path).as_str()),
            "src/{}: a new room; put it into the table",
            path.display()
        );
        used.extend(uses(&path, &text).into_iter().map(|(_, name)| name));
        offences.extend(self::offences(&path, &text));
    }
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
    assert!(used.len() > 5, "the test finds no uses: {used:?}");
}

#[test]
fn the_table_has_no_cycle_and_nobody_uses_the_browser() {
    let table = table();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    // Take away, again and again, the rooms that use only what has been taken away.
    while done.len() < table.len() {
        let next: Vec<&str> = table
            .iter()
            .filter(|(room, uses)| !done.contains(*room) && uses.iter().all(|room| done.contains(room)))
            .map(|(room, _)| *room)
            .collect();
        assert!(!next.is_empty(), "a cycle, or a room that is not in the table, beyond {done:?}");
        done.extend(next);
    }
    assert!(table.values().all(|uses| !uses.contains(&"browser")));
}

#[test]
fn lib_rs_is_a_table_of_contents() {
    let lib = files().into_iter().find(|(path, _)| path == Path::new("lib.rs")).unwrap().1;
    for line in code(&lib).lines().map(str::trim).filter(|line| !line.is_empty()) {
        let allowed = line.starts_with("#[")
            || line.starts_with("#![")
            || line.starts_with("mod ")
            || line.starts_with("pub mod ");
        assert!(allowed, "src/lib.rs: {line}");
    }
}

#[test]
fn only_lib_rs_and_the_browser_know_which_machine_this_is() {
    for (path, text) in files() {
        let code = code(&text);
        let found = code.lines().position(|line| line.contains("target_arch") || line.contains("target_family"));
        let allowed = path == Path::new("lib.rs") || room(&path) == "browser";
        if let Some(line) = found.filter(|_| !allowed) {
            panic!("src/{}:{}: what differs between machines belongs into `browser`", path.display(), line + 1);
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_bear() {
    for (path, text) in files() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "src/{}: {lines} lines; {LONGEST} at most", path.display());
    }
}

// That the test itself can fail.

fn found(path: &str, text: &str) -> Vec<String> {
    let offences = offences(Path::new(path), text);
    offences.iter().map(|offence| offence.trim_start_matches("src/").to_owned()).collect()
}

#[test]
fn an_import_that_is_not_allowed_is_found_with_its_file_and_line() {
    let gil = ["gil.rs:2: `gil` may not use `trace`"];
    assert_eq!(found("gil.rs", "use crate::time::Time;\nuse crate::trace::Mark;\n"), gil);
    assert_eq!(found("gil.rs", "use std::fmt;\nuse crate::{time::{Time, Anchor}, trace::{Mark}};\n"), gil);
    assert_eq!(found("gil.rs", "use crate::{\n    trace,\n    time::Time,\n};\n"), gil);
    assert_eq!(found("gil.rs", "fn f() {\n    let x: crate::trace::Mark = crate::time::Time::ZERO;\n}\n"), gil);
    assert_eq!(
        found("gil.rs", "\npub(crate) use crate ::trace;"),
        [""; 0].map(String::from),
        "rustfmt does not write it so"
    );
    assert_eq!(found("gil.rs", "\nuse super::trace::Mark;\n"), gil);
    assert_eq!(found("gil.rs", "\nuse crate::*;\n"), ["gil.rs:2: `gil` may not use `*`"]);
    assert_eq!(
        found("workload/plan.rs", "use super::super::{time, gil};\nuse crate::browser;\nuse super::Task;\n"),
        ["workload/plan.rs:2: `workload` may not use `browser`", "workload/plan.rs:1: `workload` may not use `gil`"]
    );
    assert_eq!(found("chart/layout.rs", "use crate::{chart::scale, trace, export, wire}\n;").len(), 2);
}

#[test]
fn what_is_no_import_is_not_found() {
    let text = r##"
        //! [`crate::wire`] is a link.
        use crate::{time::{Time, millis}, gil};
        /* crate::wire */ pub(crate) fn f<'a>(text: &'a str) -> &'a str {
            // crate::browser
            let (quote, wire) = ('"', "crate::wire \" crate::wire");
            let raw = r#"crate::wire " crate::wire"#;
            mycrate::wire::f(); $crate::wire; other::crate::wire;
        }
    "##;
    assert_eq!(found("gil.rs", text), [""; 0].map(String::from));
}
