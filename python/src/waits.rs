//! What a thread waits for, in the program's own words: `Lock a`, `Queue jobs (get)`, `Future load('x')`. Looks at the
//! functions that the thread is in and at their variables; runs no Python.

use rustpython_vm::builtins::{PyDict, PyInt, PyList, PyStr, PyTuple};
use rustpython_vm::vm::gil::{self, Caller, Waits};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, VirtualMachine};

use crate::{interpreter, record};

/// So many functions are looked at, from the innermost on.
const DEPTH: usize = 48;
/// In longer lists nothing is looked for.
const LONGEST: usize = 64;
/// What it says of threads that have nothing to do.
pub const WORK: &str = "work";

/// The library's functions in which a worker waits for something to do.
const IDLE: &[&str] = &[
    "_worker",
    "_process_worker",
    "worker",
    "Queue._feed",
    "Pool._handle_workers",
    "Pool._handle_tasks",
    "Pool._handle_results",
    "_ExecutorManagerThread.wait_result_broken_or_wakeup",
];
/// With which everything begins.
const BEGINNINGS: &[&str] =
    &["Thread._bootstrap", "Thread._bootstrap_inner", "Thread.run", "_ExecutorManagerThread.run"];
/// Methods that go without saying.
const PLAIN: &[&str] = &["acquire", "__enter__", "wait", "result", "exception", "join"];

/// The line of the program that this thread is at.
pub fn line() -> Option<u32> {
    let program = interpreter::name()?;
    gil::callers().take(DEPTH).find(|caller| caller.file() == program).map(|caller| caller.line())
}

/// The thread is about to wait.
pub fn waits(vm: &VirtualMachine, waits: Waits<'_>) {
    let what = describe(&waits, vm);
    record::about_to_wait(what, waits.timed);
}

fn describe(waits: &Waits<'_>, vm: &VirtualMachine) -> String {
    let program = interpreter::name().unwrap_or_default();
    // The program's function that waits, and the library's one that it called to do so.
    let (mut own, mut called) = (None, None);
    for caller in gil::callers().take(DEPTH) {
        if caller.file() == program {
            own = Some(caller);
            break;
        }
        let name = caller.name();
        if IDLE.contains(&name) {
            return WORK.to_owned();
        }
        match name {
            "_Selector.select" => return "events of its loop".to_owned(),
            "_shutdown" | "_python_exit" | "_exit_function" => return "its threads to end".to_owned(),
            _ if BEGINNINGS.contains(&name) => {}
            _ => called = Some(caller),
        }
    }
    let own = own.as_ref();
    let Some(called) = called else {
        let name = waits.object.and_then(|object| variable(own?, object));
        return name.map_or_else(|| waits.kind.to_owned(), |name| format!("{} {name}", waits.kind));
    };
    let name = called.name().rsplit("<locals>.").next().unwrap_or_default();
    match (name.rsplit_once('.'), called.first()) {
        (Some((_, method)), Some(object)) => {
            let kind = object.class().name().trim_start_matches('_').to_owned();
            if kind == "SemLock" {
                // What multiprocessing's locks are made of, and what they call by its own name.
                let found = own.and_then(|own| lock(own, &object, vm));
                return found.unwrap_or_else(|| "Lock".to_owned());
            }
            let whose = call(&object, vm).or_else(|| own_name(&object, vm)).or_else(|| variable(own?, &object));
            let whose = whose.map(|whose| format!(" {whose}")).unwrap_or_default();
            match method {
                _ if PLAIN.contains(&method) => format!("{kind}{whose}"),
                "__exit__" => format!("{kind}{whose} (end of with)"),
                _ => format!("{kind}{whose} ({method})"),
            }
        }
        _ => format!("{name}()"),
    }
}

/// A future's call.
fn call(object: &PyObjectRef, vm: &VirtualMachine) -> Option<String> {
    let number = attribute(object, "_number", vm)?;
    record::label(number.downcast_ref::<PyInt>()?.try_to_primitive(vm).ok()?)
}

/// The name that a thread or a process has.
fn own_name(object: &PyObjectRef, vm: &VirtualMachine) -> Option<String> {
    text(&attribute(object, "_name", vm)?)
}

fn attribute(object: &PyObjectRef, name: &'static str, vm: &VirtualMachine) -> Option<PyObjectRef> {
    object.dict()?.get_item_opt(name, vm).ok()?
}

/// The name by which a function of the program knows an object.
fn variable(own: &Caller<'_>, object: &PyObject) -> Option<String> {
    if let Some(name) = own.variables().find_map(|(name, value)| place(name, &value, object)) {
        return Some(name);
    }
    if let Some(name) = in_dict(own.globals(), object) {
        return Some(name);
    }
    let first = own.first()?;
    let (own_first, _) = own.variables().next()?;
    let dict = first.dict()?;
    in_dict(&dict, object).map(|name| format!("{own_first}.{name}"))
}

/// The variable that is a lock of processes, of which this is the inner part.
fn lock(own: &Caller<'_>, inner: &PyObject, vm: &VirtualMachine) -> Option<String> {
    let globals = own.globals().to_owned().into_iter();
    let globals = globals.filter_map(|(name, value)| Some((text(&name)?, value)));
    let variables = own.variables().map(|(name, value)| (name.to_owned(), value)).chain(globals);
    let mut locks = variables
        .filter(|(_, value)| attribute(value, "_semlock", vm).is_some_and(|semaphore| semaphore.as_object().is(inner)));
    locks.next().map(|(name, value)| format!("{} {name}", value.class().name()))
}

fn text(object: &PyObjectRef) -> Option<String> {
    Some(object.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
}

fn in_dict(dict: &Py<PyDict>, object: &PyObject) -> Option<String> {
    dict.to_owned().into_iter().find_map(|(name, value)| place(&text(&name)?, &value, object))
}

/// The name of a value if it is the object, or of its element if that is.
fn place(name: &str, value: &PyObjectRef, object: &PyObject) -> Option<String> {
    if value.as_object().is(object) {
        return Some(name.to_owned());
    }
    let find = |values: &[PyObjectRef]| values.iter().take(LONGEST).position(|value| value.as_object().is(object));
    let at = match value.downcast_ref::<PyList>() {
        Some(list) => find(&list.borrow_vec()),
        None => find(value.downcast_ref::<PyTuple>()?.as_slice()),
    };
    at.map(|at| format!("{name}[{at}]"))
}
