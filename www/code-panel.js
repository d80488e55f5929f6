// The Python program beside the charts: shown at once, edited and run when a reader wants to. The editor itself is a
// bundle of its own, loaded at the first click.

import { button, element } from "./dom.js";

const EDITOR = new URL("./editor/editor.js", import.meta.url);

/** So many lines can be marked; those after them are one text. */
const MARKED = 2000;

export class CodePanel {
  #code = element("code");
  #place = element("div", { className: "code" }, [element("pre", { tabIndex: 0 }, [this.#code])]);
  #gil = element("select", { ariaLabel: "Build of Python" }, [new Option("with the GIL", "gil"), new Option("free-threaded", "free")]);
  #edit;
  #run;
  #reset;
  #progress = element("progress", { hidden: true, ariaLabel: "The Python engine loads" });
  #state = element("span", { className: "status", role: "status" });
  #text = "";
  /** The program as the example has it; what the reader made of it is `#text`. */
  #original = "";
  #editor = null;

  /** `run` is called to run the program, `changed` when a reader has changed it, or how it runs. */
  constructor({ run, changed }) {
    this.changed = changed;
    this.#edit = button("Edit", () => this.edit());
    this.#run = button("Run as Python", () => run());
    this.#run.title = "Runs this program, as it stands, by RustPython on this browser’s threads (Ctrl+Enter in the editor)";
    this.#reset = button("Undo all", () => this.#undo());
    this.#reset.hidden = true;
    this.#gil.addEventListener("change", () => this.changed());
    this.runNow = () => this.#run.click();
    this.root = element("div", {}, [
      element("div", { className: "code-head" }, [this.#run, this.#gil, this.#edit, this.#reset, this.#progress, this.#state]),
      this.#place,
    ]);
  }

  get gil() {
    return this.#gil.value === "gil";
  }

  set gil(gil) {
    this.#gil.value = gil ? "gil" : "free";
  }

  /** Whether a reader has changed the program. */
  get own() {
    return this.#text !== this.#original;
  }

  get text() {
    return this.#text;
  }

  /** Shows an example's program, unless a reader has changed what is there: then it is what "Undo all" goes back to. */
  offer(program) {
    const own = this.own;
    this.#original = program;
    this.#set(own ? this.#text : program);
  }

  /** Shows another example's program, whatever is there. */
  replace(program) {
    this.#original = program;
    this.#set(program);
  }

  #undo() {
    this.#set(this.#original);
    this.changed();
  }

  #set(program) {
    this.#text = program;
    // A line each, to be marked: with its end, so that copying gives the program. Many more would hold up the page.
    const lines = program.split(/(?<=\n)/);
    const rows = lines.slice(0, MARKED).map((line) => element("span", {}, [line]));
    this.#code.replaceChildren(...rows, lines.slice(MARKED).join(""));
    if (this.#editor) this.#editor.text = program;
    this.#reset.hidden = !this.own;
  }

  /** Makes the program editable. */
  async edit() {
    if (this.#editor) return;
    this.#edit.disabled = true;
    try {
      const { createEditor } = await import(EDITOR);
      this.#place.replaceChildren();
      this.#editor = createEditor({
        parent: this.#place,
        root: this.#place.getRootNode(),
        text: this.#text,
        label: "Python program",
        changed: (text) => {
          this.#text = text;
          this.#reset.hidden = !this.own;
          this.changed();
        },
        run: this.runNow,
      });
      this.#edit.hidden = true;
    } catch (error) {
      this.#state.textContent = `The editor could not be loaded: ${error.message}`;
      this.#edit.disabled = false;
    }
  }

  /** Shows a line of the program. */
  async goToLine(number) {
    await this.edit();
    this.#editor?.goToLine(number);
  }

  /** Marks these lines of the program, from the first to the last, or none; a reader's cursor stays where it is. */
  point(lines) {
    const [from, to] = lines ? [Math.min(...lines), Math.max(...lines)] : [0, 0];
    if (this.#editor) return this.#editor.point(from, to);
    for (const [i, row] of [...this.#code.children].entries()) row.classList.toggle("pointed", i + 1 >= from && i + 1 <= to);
    const first = this.#code.querySelector(".pointed");
    if (!first) return;
    // Within its box only: the page must not move under a pointer.
    const box = this.#code.parentElement;
    const [row, frame] = [first.getBoundingClientRect(), box.getBoundingClientRect()];
    if (row.top < frame.top) box.scrollTop -= frame.top - row.top;
    else if (row.bottom > frame.bottom) box.scrollTop += row.bottom - frame.bottom;
  }

  /** How far the Python engine's download is; null when it is there. */
  progress(done) {
    this.#progress.hidden = !done;
    this.#state.textContent = "";
    if (!done) return;
    const { loaded, total } = done;
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
    this.#state.textContent = `loads Python: ${megabytes(loaded)}${total > loaded ? ` of ${megabytes(total)}` : ""}`;
    if (total) Object.assign(this.#progress, { max: Math.max(total, loaded), value: loaded });
    else this.#progress.removeAttribute("value");
  }

  /** While something runs, nothing else can be begun. */
  busy(busy) {
    this.#run.disabled = busy;
  }
}
