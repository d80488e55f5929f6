// The one worker script: a run, a process of a run, a measurement. Its role comes with its first message, and with it
// the compiled module. It gets no memory: what it loads is an instance of its own.

import init, { startWorker } from "./pkg/gilscope.js";

addEventListener(
  "message",
  async ({ data: { module, role } }) => {
    await init({ module_or_path: module });
    startWorker(role);
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
