// The Python program beside the charts: shown at once, edited and run when a reader wants to. The editor itself is a
// bundle of its own, loaded at the first click.

import { button, element } from "./dom.js";

const EDITOR = new URL("./editor/editor.js", import.meta.url);

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

  /** `run` is called with the program, and whether with the GIL. `changed` when it became another than the examples'. */
  constructor({ run, changed }) {
    this.changed = changed;
    this.#edit = button("Edit", () => this.edit());
    this.#run = button("Run as Python", () => run(this.#text, this.gil));
    this.#run.title = "Runs this program, as it stands, by RustPython on this browser’s threads (Ctrl+Enter in the editor)";
    this.#reset = button("Undo all", () => this.showOwn(this.#original));
    this.#reset.hidden = true;
    this.runNow = () => this.#run.click();
    this.root = element("div", {}, [
      element("div", { className: "code-head" }, [this.#run, this.#gil, this.#edit, this.#reset, this.#progress, this.#state]),
      this.#place,
    ]);
  }

  get gil() {
    return this.#gil.value === "gil";
  }

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

  /** Shows a reader's program instead of the example's. */
  showOwn(program) {
    this.#set(program);
    this.changed();
  }

  #set(program) {
    this.#text = program;
    this.#code.textContent = program;
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
