// The page around the element: its state is in the address, `#v=1&example=cpu-four&methods=threads,processes&run=1`.

import "./gil-scope.js";

/** The version of the address's form. */
const VERSION = "1";
/** Keys of the address that are attributes of the element. */
const KEYS = {
  example: "example",
  methods: "methods",
  workers: "workers",
  scale: "scale",
  switchInterval: "switch-interval",
  start: "start-method",
  gil: "gil",
};

const element = document.querySelector("gil-scope");
/** What the page's own markup says, where the address says nothing. */
const DEFAULTS = new Map(Object.values(KEYS).map((name) => [name, element.getAttribute(name)]));

/** Reads the address; returns whether to run at once. What it does not know is told, and the default stays. */
async function readAddress() {
  const address = new URLSearchParams(location.hash.slice(1));
  for (const [key, name] of Object.entries(KEYS)) {
    const value = address.get(key) ?? DEFAULTS.get(name);
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  if (!address.has("py")) element.program = "";
  for (const [key, value] of address) {
    if (key in KEYS) continue;
    if (key === "py") await openProgram(value);
    else if (key === "v" && value !== VERSION) {
      element.tell(`v=${value} in the address: only version ${VERSION} is known; it is read as that.`);
    } else if (key === "run" && !["0", "1"].includes(value)) {
      element.tell(`run=${value} in the address: it is 1 (run at once) or 0.`);
    } else if (!["v", "run", "py"].includes(key)) {
      element.tell(`“${key}” in the address is not known; it may have: v, ${Object.keys(KEYS).join(", ")}, py, run.`);
    }
  }
  return address.get("run") === "1";
}

/** A program in the address: deflated, in base64url. */
async function openProgram(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    element.program = await through(bytes, new DecompressionStream("deflate-raw")).text();
  } catch {
    element.tell("py=… in the address cannot be read: it is a program, deflated, in base64url.");
  }
}

async function packed(program) {
  const bytes = await through(new TextEncoder().encode(program), new CompressionStream("deflate-raw"));
  const text = btoa(String.fromCharCode(...new Uint8Array(await bytes.arrayBuffer())));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream));

/** Writes the reader's choice into the address, to be shared. */
async function writeAddress() {
  const address = new URLSearchParams({ v: VERSION });
  for (const [key, attribute] of Object.entries(KEYS)) {
    const value = element.getAttribute(attribute);
    if (value) address.set(key, value);
  }
  if (element.ownProgram) address.set("py", await packed(element.program));
  history.replaceState(null, "", `#${address.toString().replaceAll("%2C", ",")}`);
}

async function open() {
  element.clearMessages();
  const run = await readAddress();
  await element.ready;
  // The element says what went wrong.
  if (run) (element.ownProgram ? element.runProgram() : element.run()).catch(() => {});
}

element.addEventListener("change", writeAddress);
addEventListener("hashchange", () => {
  element.stop();
  open();
});
open();
