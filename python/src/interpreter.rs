//! The interpreter: made, given the program, and taken down.

use std::sync::OnceLock;

use gilscope::time::Time;
use rustpython_vm::{Interpreter, PyResult, Settings, VirtualMachine};

use crate::module::_gilscope;
use crate::module_io::_gilscope_io;

/// What to run.
#[derive(Debug)]
pub struct Program {
    /// The source.
    pub source: String,
    /// The name of its file.
    pub name: String,
    /// Arguments.
    pub args: Vec<String>,
    /// For a process that is not the first: when it was started, and what its parent prepared for it.
    pub prepared: Option<(Time, Vec<u8>)>,
}

static PROGRAM: OnceLock<Program> = OnceLock::new();

/// The program of this run.
pub fn program() -> &'static Program {
    PROGRAM.get().expect("a program runs")
}

/// The name of its file, once it runs.
pub fn name() -> Option<&'static str> {
    PROGRAM.get().map(|program| program.name.as_str())
}

/// Runs the program on this thread, which is Python's main thread; its exit code.
pub fn run(program: Program, switch_interval: f64) -> i32 {
    let program = PROGRAM.get_or_init(|| program);
    let mut settings = Settings::default();
    settings.argv = std::iter::once(&program.name).chain(&program.args).cloned().collect();
    settings.write_bytecode = false;
    settings.import_site = false;
    let builder = Interpreter::builder(settings);
    let own = _gilscope::module_def(&builder.ctx);
    let io = _gilscope_io::module_def(&builder.ctx);
    let mut natives = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    // asyncio's own Python code runs in its place, which tells the record what its tasks do.
    natives.retain(|module| module.name.as_str() != "_asyncio");
    let interpreter = builder
        .add_native_module(own)
        .add_native_module(io)
        .add_native_modules(&natives)
        .add_frozen_modules(gilscope_python_library::library())
        .build();
    let code = interpreter.enter(|vm| {
        vm.state.switch_interval.store(switch_interval);
        begin(program, vm).unwrap_or_else(|error| {
            vm.print_exception(&error);
            1
        })
    });
    let code_of_end = interpreter.finalize(None);
    if code != 0 { code } else { code_of_end as i32 }
}

fn begin(program: &Program, vm: &VirtualMachine) -> PyResult<i32> {
    // Makes `__main__`.
    let _ = vm.new_scope_with_main()?;
    let boot = vm.import("_gilscope_boot", 0)?;
    let args: Vec<_> = program.args.iter().map(|arg| vm.ctx.new_str(arg.as_str()).into()).collect();
    let code = boot.get_attr("main", vm)?.call(args, vm)?;
    code.try_into_value(vm)
}
