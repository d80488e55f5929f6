//! Python for gilscope: RustPython on the browser's own primitives. A thread is a worker in the shared memory, a process
//! is a worker with a memory of its own, a subinterpreter is an interpreter of its own with its own GIL; what they do is
//! recorded as the light engine's lanes are.

mod fetch;
mod instance;
mod interpreter;
mod kernel;
mod module;
mod module_io;
mod record;
mod stuck;
mod threads;
mod waits;
mod wire;
mod worker;

#[global_allocator]
static HEAP: gilscope_heap::Heap = gilscope_heap::Heap;
