// The one worker script, of both engines: a run, a process or a thread of it, a measurement. Its role comes with its first
// message, and with it the compiled module. A process gets no memory: what it loads is an instance of its own. `shared` is
// what the engine's workers share besides: the light engine's word for "stop", the Python engine's pipes.

/** Where each engine begins a worker's life. */
const ENGINES = {
  light: ["./pkg/gilscope.js", "startWorker"],
  python: ["./python/gilscope_python.js", "startPython"],
};

addEventListener(
  "message",
  async ({ data: { engine = "light", module, memory, stack, role, shared } }) => {
    const [script, start] = ENGINES[engine];
    const { default: init, [start]: begin } = await import(script);
    await init({ module_or_path: module, memory, thread_stack_size: stack });
    begin(role, shared);
  },
  { once: true },
);

// A promise that fails raises no `error` event on the page's side; thrown from a timer it does.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});
