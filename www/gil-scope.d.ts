// Types of gil-scope.js, which defines the element <gil-scope>.

import type { Method, Report, Workload } from "./gilscope.js";

/**
 * `<gil-scope>`: choose an example and methods, run, look.
 *
 * ```html
 * <script type="module" src="gil-scope.js"></script>
 * <gil-scope example="cpu-four" methods="threads,processes"></gil-scope>
 * ```
 *
 * Attributes, all optional; what is wrong is told to the reader, and the default taken:
 * - `example`: the id of an example; `cpu-four` without it
 * - `methods`: ids of methods with commas between them; `sequential` and the example's own without it
 * - `workers`: the executor's `max_workers`, 1 to 64; the example's own without it
 * - `scale`: by how much sleeps are shortened, 0.01 to 1; without it 0.1 if any sleep takes a second or more, else 1
 * - `switch-interval`: the GIL's switch interval in seconds, 0.0005 to 0.1; 0.005 without it
 * - `start-method`: how processes are started: `fork`, `forkserver` or `spawn`; the example's own without it
 * - `gil`: whether Python programs run with the GIL (`1`) or free-threaded (`0`); the example's own without it, else `1`
 *
 * When the reader chooses something, the attributes follow, and the element sends `change`.
 */
export class GilScopeElement extends HTMLElement {
  static observedAttributes: string[];

  /** A workload of one's own, to be run instead of the example; for the next run. */
  workload: Workload | null;

  /** Resolved when the element's engine is loaded and its controls are there, or when that has failed. */
  ready: Promise<void>;

  /**
   * Runs what is chosen, and stops the run before: an example's methods, one after the other, or a program. Resolves to
   * their reports; those that could not run have none.
   */
  run(): Promise<Report[]>;

  /**
   * The Python program in the editor: the example's, or what a reader or a page has put there. What is set is run by
   * {@link run} too; `""` takes it back.
   */
  program: string;

  /** Whether it is another than the example's. */
  readonly ownProgram: boolean;

  /** Runs that program, as it stands, by the Python engine; resolves to its report. */
  runProgram(): Promise<Report>;

  /** Stops the run; what was recorded stays on the charts. */
  stop(): void;

  /** Tells the reader something, above the charts. */
  tell(text: string): void;

  /** Takes back all that was told. */
  clearMessages(): void;

  connectedCallback(): void;
  disconnectedCallback(): void;
  attributeChangedCallback(): void;
}

/** A run of the element begins. It bubbles, and leaves shadow trees. */
export type GilScopeStartEvent = CustomEvent<{
  /** The example's id; null for a workload or a program of one's own. */
  example: string | null;
  /** What will run, in order; a program is one thing, whatever methods it uses. */
  methods: (Method | "python" | "python-free")[];
}>;

/** A run of the element is over, complete or stopped. It bubbles, and leaves shadow trees. */
export type GilScopeEndEvent = CustomEvent<{
  /** The reports of the methods that ran, in order. */
  reports: Report[];
}>;

/** Something went wrong: the engine did not load, a request was wrong, a run broke. It bubbles, and leaves shadow trees. */
export type GilScopeErrorEvent = CustomEvent<{
  /** What. */
  error: Error;
}>;

declare global {
  interface HTMLElementTagNameMap {
    "gil-scope": GilScopeElement;
  }

  interface HTMLElementEventMap {
    "gil-scope-start": GilScopeStartEvent;
    "gil-scope-end": GilScopeEndEvent;
    "gil-scope-error": GilScopeErrorEvent;
  }
}
