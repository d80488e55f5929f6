//! `_gilscope`: what the library's own files here need of the engine.

pub use _gilscope::module_def;

#[rustpython_vm::pymodule]
pub mod _gilscope {
    use rustpython_vm::builtins::{PyStrRef, PyUtf8StrRef};
    use rustpython_vm::{PyResult, VirtualMachine};

    use crate::interpreter;
    use crate::record::{self, Step};

    /// Source and name of the program.
    #[pyfunction]
    fn program() -> (String, String) {
        let program = interpreter::program();
        (program.source.clone(), program.name.clone())
    }

    /// The process's number.
    #[pyfunction]
    fn getpid() -> u32 {
        record::process().pid
    }

    /// Its parent's.
    #[pyfunction]
    fn getppid() -> u32 {
        record::process().parent
    }

    #[pyfunction]
    fn cpu_count() -> u32 {
        record::process().cores
    }

    /// This thread's name.
    #[pyfunction]
    fn set_name(name: PyStrRef) {
        record::name(&name.to_string_lossy());
    }

    #[pyfunction]
    fn urandom(size: usize, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        let mut bytes = vec![0; size];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(vm.new_os_error(error.to_string())),
        }
    }

    /// A call of a function in an executor: its number in the record.
    #[pyfunction]
    fn task(label: PyUtf8StrRef) -> u32 {
        record::task(label.as_str().to_owned())
    }

    #[pyfunction]
    fn task_submit(task: u32) {
        record::step(Step::Submit, task);
    }

    #[pyfunction]
    fn task_submitted(task: Option<u32>) {
        record::step(Step::Submitted, task.unwrap_or(u32::MAX));
    }

    #[pyfunction]
    fn task_start(task: Option<u32>) {
        record::step(Step::Start, task.unwrap_or(u32::MAX));
    }

    #[pyfunction]
    fn task_end(task: Option<u32>) {
        record::step(Step::End, task.unwrap_or(u32::MAX));
    }

    #[pyfunction]
    fn task_done(task: Option<u32>) {
        record::step(Step::Done, task.unwrap_or(u32::MAX));
    }

    #[pyfunction]
    fn task_got(task: Option<u32>) {
        record::step(Step::Got, task.unwrap_or(u32::MAX));
    }
}
