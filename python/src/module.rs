//! `_gilscope`: what the library's own files here need of the engine.

#[rustpython_vm::pymodule]
pub(crate) mod _gilscope {
    use rustpython_vm::builtins::{PyBytesRef, PyStrRef, PyUtf8StrRef};
    use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

    use gilscope::trace::State;
    use rustpython_vm::vm::gil::{Waits, waiting};

    use crate::kernel::{self, End};
    use crate::record::{self, Step};
    use crate::wire::FromThread;
    use crate::worker::post;
    use crate::{instance, interpreter};

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

    /// How far west of Greenwich the reader is, in seconds.
    #[pyfunction]
    fn timezone() -> i32 {
        js_sys::Date::new_0().get_timezone_offset() as i32 * 60
    }

    #[pyfunction]
    fn urandom(size: usize, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        let mut bytes = vec![0; size];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(vm.new_os_error(error.to_string())),
        }
    }

    /// The number of this process among the run's.
    #[pyfunction]
    fn process_number() -> u32 {
        record::process().number
    }

    /// A number for a process to be started.
    #[pyfunction]
    fn process_new(vm: &VirtualMachine) -> PyResult<u32> {
        kernel::new_process().ok_or_else(|| vm.new_os_error("too many processes: a run in a page has 1023 at the most"))
    }

    /// Starts it.
    #[pyfunction]
    fn process_start(number: u32, name: PyUtf8StrRef, prepared: PyBytesRef) -> u32 {
        post(&FromThread::Process {
            number,
            name: name.as_str().to_owned(),
            started: record::now(),
            prepared: prepared.as_bytes().to_vec(),
        });
        record::process().main_pid() + number
    }

    /// Ends it at once.
    #[pyfunction]
    fn process_kill(number: u32, code: i32) {
        post(&FromThread::Kill { number, code });
    }

    /// Its exit code, if it has ended.
    #[pyfunction]
    fn process_exit_code(number: u32) -> Option<i32> {
        kernel::exit_code(number)
    }

    /// What the parent prepared for this process.
    #[pyfunction]
    fn prepared(vm: &VirtualMachine) -> PyObjectRef {
        match &interpreter::program().prepared {
            Some((_, bytes)) => vm.ctx.new_bytes(bytes.clone()).into(),
            None => vm.ctx.none(),
        }
    }

    /// Ends this process at once.
    #[pyfunction]
    fn exit(code: i32, vm: &VirtualMachine) {
        record::flush();
        instance::exit(code);
        vm.allow_threads(|| {
            loop {
                std::thread::park();
            }
        })
    }

    /// How many changes of pipes and processes there have been.
    #[pyfunction]
    fn changes() -> i32 {
        kernel::changes()
    }

    /// Waits until there have been more; at the most so many seconds.
    #[pyfunction]
    fn wait_for_change(seen: i32, seconds: Option<f64>, vm: &VirtualMachine) {
        let waits = Waits { kind: "process", object: None, timed: seconds.is_some() };
        let wait = || kernel::wait_for_change(seen, seconds.map(|seconds| seconds * 1e3));
        waiting(vm, waits, || vm.allow_threads(wait));
    }

    /// A new pipe.
    #[pyfunction]
    fn pipe(vm: &VirtualMachine) -> PyResult<u32> {
        kernel::new_pipe(record::process().number)
            .ok_or_else(|| vm.new_os_error("too many pipes: a run in a page has 512 at the most"))
    }

    fn end(writes: bool) -> End {
        if writes { End::Write } else { End::Read }
    }

    /// The process of that number has the end too.
    #[pyfunction]
    fn pipe_open(pipe: u32, writes: bool, process: u32) {
        kernel::open_end(pipe, end(writes), process);
    }

    #[pyfunction]
    fn pipe_close(pipe: u32, writes: bool) {
        kernel::close_end(pipe, end(writes), record::process().number);
    }

    #[pyfunction]
    fn pipe_readable(pipe: u32) -> bool {
        kernel::readable(pipe)
    }

    /// Exactly so many bytes, or fewer if nobody will write more.
    #[pyfunction]
    fn pipe_read(pipe: u32, size: usize, vm: &VirtualMachine) -> PyObjectRef {
        let read = || {
            let mut bytes = Vec::with_capacity(size);
            while bytes.len() < size {
                let more = kernel::read(pipe, size - bytes.len());
                if more.is_empty() {
                    break;
                }
                bytes.extend(more);
            }
            bytes
        };
        let waits = Waits { kind: "pipe", object: None, timed: false };
        let there = kernel::readable(pipe) && size <= 4;
        let bytes = if there { read() } else { waiting(vm, waits, || vm.allow_threads(read)) };
        vm.ctx.new_bytes(bytes).into()
    }

    /// Writes all of it; false if nobody will read it.
    #[pyfunction]
    fn pipe_write(pipe: u32, bytes: PyBytesRef, vm: &VirtualMachine) -> bool {
        let waits = Waits { kind: "pipe", object: None, timed: false };
        waiting(vm, waits, || vm.allow_threads(|| kernel::write(pipe, bytes.as_bytes())))
    }

    #[pyfunction]
    fn semaphore(value: i32, vm: &VirtualMachine) -> PyResult<u32> {
        kernel::new_semaphore(value)
            .ok_or_else(|| vm.new_os_error("too many locks between processes: a run in a page has 2048 at the most"))
    }

    #[pyfunction]
    fn semaphore_keep(semaphore: u32) {
        kernel::keep_semaphore(semaphore);
    }

    #[pyfunction]
    fn semaphore_drop(semaphore: u32) {
        kernel::drop_semaphore(semaphore);
    }

    #[pyfunction]
    fn semaphore_value(semaphore: u32) -> i32 {
        kernel::semaphore_value(semaphore)
    }

    /// Takes one, waiting for so many seconds at the most, or for as long as it takes.
    #[pyfunction]
    fn semaphore_acquire(semaphore: u32, seconds: Option<f64>, vm: &VirtualMachine) -> bool {
        if kernel::try_acquire(semaphore) {
            return true;
        }
        if seconds == Some(0.0) {
            return false;
        }
        let deadline = seconds.map(|seconds| record::reading() + seconds * 1e3);
        let waits = Waits { kind: "semaphore", object: None, timed: deadline.is_some() };
        waiting(vm, waits, || vm.allow_threads(|| kernel::acquire(semaphore, deadline, record::reading)))
    }

    #[pyfunction]
    fn semaphore_release(semaphore: u32) {
        kernel::release(semaphore);
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

    /// What a call returned, as Python writes it.
    #[pyfunction]
    fn task_returned(task: u32, repr: PyStrRef) {
        record::outcome(task, Ok(repr.to_string_lossy().into_owned()));
    }

    /// What it raised: the class's name, and the text.
    #[pyfunction]
    fn task_raised(task: u32, class: PyStrRef, message: PyStrRef) {
        let text = |text: PyStrRef| text.to_string_lossy().into_owned();
        record::outcome(task, Err((text(class), text(message))));
    }

    /// A coroutine's lane, if there is room for one.
    #[pyfunction]
    fn coroutine(name: PyStrRef, task: Option<u32>) -> Option<u16> {
        record::coroutine(&name.to_string_lossy(), task)
    }

    #[pyfunction]
    fn step_begins(lane: u16, task: Option<u32>, first: bool) {
        record::step_begins(lane, task, first);
    }

    /// The coroutine waits: for I/O or the time, for its loop, or for something else; for what, at which line.
    #[pyfunction]
    fn step_ends(lane: u16, io: bool, ready: bool, about: Option<PyStrRef>, line: Option<u32>) {
        let state = match (io, ready) {
            (true, _) => State::WaitingForIo,
            (false, true) => State::WaitingForLoop,
            (false, false) => State::Idle,
        };
        let about = about.map(|about| about.to_string_lossy().into_owned());
        record::step_ends(lane, Some((state, about, line)));
    }

    #[pyfunction]
    fn coroutine_ends(lane: u16) {
        record::step_ends(lane, None);
    }

    #[pyfunction]
    fn coroutine_ready(lane: u16, task: Option<u32>) {
        record::ready(lane, task);
    }

    #[pyfunction]
    fn task_got(task: Option<u32>) {
        record::step(Step::Got, task.unwrap_or(u32::MAX));
    }
}
