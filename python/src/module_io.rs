//! `_gilscope_io`: memory that processes share, connections on their way between them, addresses.

#[rustpython_vm::pymodule]
pub(crate) mod _gilscope_io {
    use rustpython_vm::builtins::{PyBytesRef, PyUtf8StrRef};
    use rustpython_vm::vm::gil::{Why, because};
    use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

    use crate::fetch::{self, Request};
    use crate::kernel::blocks::{self, NoBlock};
    use crate::kernel::{self, End, ON_THE_WAY};
    use crate::record;

    fn end(writes: bool) -> End {
        if writes { End::Write } else { End::Read }
    }

    /// An end of a pipe goes to another process, which does not have it yet.
    #[pyfunction]
    fn pipe_send(pipe: u32, writes: bool) -> bool {
        kernel::open_end(pipe, end(writes), ON_THE_WAY)
    }

    /// It has come here.
    #[pyfunction]
    fn pipe_arrive(pipe: u32, writes: bool) -> bool {
        let opened = kernel::open_end(pipe, end(writes), record::process().number);
        kernel::close_end(pipe, end(writes), ON_THE_WAY);
        opened
    }

    /// Whether somebody reads from the pipe.
    #[pyfunction]
    fn pipe_heard(pipe: u32) -> bool {
        kernel::heard(pipe)
    }

    /// A new block of zeros: its number; none if another one has the name.
    #[pyfunction]
    fn memory_new(name: Option<PyUtf8StrRef>, size: u32, vm: &VirtualMachine) -> PyResult<Option<u32>> {
        match blocks::new_block(name.as_ref().map(|name| name.as_str()), size) {
            Ok(block) => Ok(Some(block)),
            Err(NoBlock::Exists) => Ok(None),
            Err(NoBlock::Full) => Err(vm.new_memory_error(format!(
                "processes in a page share {} blocks and {} bytes at the most",
                blocks::MOST_BLOCKS,
                blocks::MOST_BYTES
            ))),
        }
    }

    /// The block of that name, which this process has from now on.
    #[pyfunction]
    fn memory_find(name: PyUtf8StrRef) -> Option<u32> {
        blocks::find_block(name.as_str())
    }

    #[pyfunction]
    fn memory_keep(block: u32) {
        blocks::keep_block(block);
    }

    #[pyfunction]
    fn memory_drop(block: u32) {
        blocks::drop_block(block);
    }

    #[pyfunction]
    fn memory_unlink(name: PyUtf8StrRef) -> bool {
        blocks::unlink_block(name.as_str())
    }

    #[pyfunction]
    fn memory_size(block: u32) -> u32 {
        blocks::block_size(block)
    }

    fn outside(vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
        vm.new_index_error("outside of the shared memory")
    }

    #[pyfunction]
    fn memory_read(block: u32, from: u32, size: u32, vm: &VirtualMachine) -> PyResult<Vec<u8>> {
        blocks::read_block(block, from, size).ok_or_else(|| outside(vm))
    }

    #[pyfunction]
    fn memory_write(block: u32, from: u32, bytes: PyBytesRef, vm: &VirtualMachine) -> PyResult<()> {
        if blocks::write_block(block, from, bytes.as_bytes()) { Ok(()) } else { Err(outside(vm)) }
    }

    /// Fetches an address; `headers` are names and values in turn. Status, reason, address, headers, body; or the browser's
    /// name and words for what went wrong.
    #[pyfunction]
    fn fetch(
        method: PyUtf8StrRef,
        url: PyUtf8StrRef,
        headers: Vec<PyUtf8StrRef>,
        body: Option<PyBytesRef>,
        milliseconds: Option<u32>,
        vm: &VirtualMachine,
    ) -> PyObjectRef {
        let text = |text: &PyUtf8StrRef| text.as_str().to_owned();
        let request = Request {
            method: text(&method),
            url: text(&url),
            headers: headers.chunks_exact(2).map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            body: body.map(|body| body.as_bytes().to_vec()),
            timeout: milliseconds,
        };
        match because(Why::Sleeps, || vm.allow_threads(|| fetch::fetch(request))) {
            Ok(answer) => {
                let word = |word: &String| vm.ctx.new_str(word.as_str()).into();
                let headers = answer.headers.iter();
                let headers =
                    headers.map(|(name, value)| vm.ctx.new_tuple(vec![word(name), word(value)]).into()).collect();
                vm.ctx
                    .new_tuple(vec![
                        vm.ctx.new_int(answer.status).into(),
                        vm.ctx.new_str(answer.reason).into(),
                        vm.ctx.new_str(answer.url).into(),
                        vm.ctx.new_list(headers).into(),
                        vm.ctx.new_bytes(answer.body).into(),
                    ])
                    .into()
            }
            Err((name, words)) => {
                vm.ctx.new_tuple(vec![vm.ctx.new_str(name).into(), vm.ctx.new_str(words).into()]).into()
            }
        }
    }
}
