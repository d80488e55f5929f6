// A worker of the Python engine: see python/README.md for the protocol.

import init, { startPython } from "../../www/python/gilscope_python.js";

addEventListener(
  "message",
  async ({ data: { module, memory, stack, role } }) => {
    await init({ module_or_path: module, memory, thread_stack_size: stack });
    startPython(role);
  },
  { once: true },
);

// A promise that fails raises no `error` event on the maker's side; thrown from a timer it does.
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  setTimeout(() => {
    throw event.reason;
  });
});
