// The table of the conformance run: the last one that was written down, and a live one in the reader's own browser.

import { Gilscope } from "../gilscope.js";
import { CASES, noCounterpart } from "./cases.js";
import { compareRuns, verdict } from "./compare.js";
import { Runner } from "./run.js";

/** By how much sleeps of seconds are shortened here. */
const SCALES = { light: 0.2, python: 0.5 };
/** How often a case is run until it agrees. */
const ROUNDS = 3;
const ENGINES = { light: "Light engine", python: "Python engine", here: "This browser" };
const VERDICTS = {
  agrees: ["✓ agrees", "every check"],
  differs: ["≠ differs", "a shape, or a time on a quiet machine"],
  failed: ["✗ failed", "the run did not come to its end"],
  busy: ["~ not judged", "only times differ, and others computed meanwhile"],
  none: ["– no counterpart", "this engine has no such way of running"],
};
const METHODS = {
  sequential: "sequential",
  threads: "threads",
  processes: "processes",
  interpreters: "subinterpreters",
  asyncio: "asyncio",
};

const $ = (id) => document.getElementById(id);

function element(name, { className, text, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter(Boolean));
  return made;
}

/** How a case is named within its example. */
function nameOf({ method, start, gil, toThread }) {
  const how = toThread ? "asyncio.to_thread" : METHODS[method];
  return `${how}${start ? `, ${start}` : ""} · ${gil ? "3.14" : "3.14t, free-threaded"}`;
}

/** The page's part for one case: a line with a cell for each engine, and the checks below it. */
class CaseView {
  #cells = {};
  #tables = {};
  node;

  constructor(which) {
    const summary = element("summary", {}, element("span", { className: "name", text: nameOf(which) }));
    this.node = element("details", { className: "case", "data-case": which.id }, summary);
    const file = which.reference && `reference/${which.reference}.json`;
    const recorded = file
      ? element("p", { text: "CPython’s run: " }, element("a", { href: file, text: `${which.reference}.json` }))
      : element("p", { text: "CPython’s figures: of 20 wake-ups; their trace was not kept." });
    recorded.className = "recorded";
    this.node.append(recorded);
    for (const [engine, title] of Object.entries(ENGINES)) {
      this.#cells[engine] = element("span", { className: "cell", "data-engine": title });
      this.#tables[engine] = element("div", { className: "checks" });
      summary.append(this.#cells[engine]);
      this.node.append(this.#tables[engine]);
    }
  }

  /** Shows a row in an engine's column; `of` names the engine where the column does not. */
  show(column, { verdict, why, checks, rounds }, of = ENGINES[column]) {
    const [words] = VERDICTS[verdict];
    this.#cells[column].textContent = words;
    this.#cells[column].className = `cell ${verdict}`;
    const heads = ["check", "CPython", "here", "", "tolerance"].map((text) => element("th", { text, scope: "col" }));
    const rows = checks.map(({ check, cpython, here, agrees, tolerance }) =>
      element(
        "tr",
        {},
        element("th", { text: check, scope: "row" }),
        element("td", { text: cpython }),
        element("td", { text: here }),
        element("td", { className: agrees ? "agrees" : "differs", text: agrees ? "agrees" : "differs" }),
        element("td", { text: tolerance }),
      ),
    );
    const caption = `${of}: ${words.slice(2)}${why ? `: ${why}` : ""}${rounds > 1 ? `, in ${rounds} rounds` : ""}`;
    this.#tables[column].replaceChildren(
      element(
        "table",
        {},
        element("caption", { text: caption }),
        checks.length > 0 && element("thead", {}, element("tr", {}, ...heads)),
        element("tbody", {}, ...rows),
      ),
    );
  }

  wait(column) {
    this.#cells[column].textContent = "running…";
    this.#cells[column].className = "cell";
  }
}

const views = new Map();

/** All cases, under their examples. */
function build() {
  const heads = ["Method", ...Object.values(ENGINES)].map((text) => element("span", { text }));
  const groups = new Map();
  for (const which of CASES) {
    if (!groups.has(which.title)) {
      groups.set(
        which.title,
        element(
          "section",
          {},
          element("h2", { text: which.title }),
          element("div", { className: "heads" }, ...heads.map((head) => head.cloneNode(true))),
        ),
      );
    }
    views.set(which.id, new CaseView(which));
    groups.get(which.title).append(views.get(which.id).node);
  }
  $("table").replaceChildren(...groups.values());
  $("legend").replaceChildren(
    ...Object.entries(VERDICTS).map(([verdict, [words, meaning]]) =>
      element("span", {}, element("b", { className: verdict, text: words }), `: ${meaning} `),
    ),
  );
}

const count = (rows, verdict) => rows.filter((row) => row.verdict === verdict).length;
const summed = (rows) =>
  Object.entries(VERDICTS)
    .map(([verdict, [words]]) => [words.slice(2), count(rows, verdict)])
    .filter(([, number]) => number > 0)
    .map(([words, number]) => `${number} ${words}`)
    .join(", ");

/** The run that was written down. */
async function showLast() {
  const answer = await fetch("results.json");
  if (!answer.ok) return ($("about").textContent = "No run is written down yet: make conformance writes one.");
  const { date, browser, cores, note, rows } = await answer.json();
  const known = rows.filter(({ id }) => views.has(id));
  for (const row of known) views.get(row.id).show(row.engine, row);
  const engines = Object.keys(ENGINES).filter((engine) => known.some((row) => row.engine === engine));
  const results = engines.map(
    (engine) => `${ENGINES[engine]}: ${summed(known.filter((row) => row.engine === engine))}`,
  );
  $("about").textContent =
    `The last run: ${date}, ${browser}, ${cores} cores${note ? `, ${note}` : ""}. ${results.join(". ")}.`;
}

let stop;

/** Runs all cases by an engine, in this page; the machine may have other things to do, so times that differ do not count. */
async function runHere(engine) {
  stop = new AbortController();
  for (const id of ["run", "run-python"]) $(id).disabled = true;
  $("stop").hidden = false;
  const rows = [];
  try {
    const say = (text) => ($("progress").textContent = text);
    say("Measuring this machine…");
    const scope = await Gilscope.load();
    const runner = new Runner(scope, SCALES);
    if (engine === "python") await runner.loadPython();
    for (const [n, which] of CASES.entries()) {
      if (stop.signal.aborted) break;
      say(`${n + 1} of ${CASES.length}`);
      const view = views.get(which.id);
      view.wait("here");
      rows.push(await rowHere(runner, which, engine));
      view.show("here", rows.at(-1), `${ENGINES[engine]} in this browser`);
    }
    say(`${ENGINES[engine]} in this browser: ${summed(rows)}.`);
  } catch (error) {
    $("progress").textContent = error.message;
  }
  for (const id of ["run", "run-python"]) $(id).disabled = false;
  $("stop").hidden = true;
}

async function rowHere(runner, which, engine) {
  const none = noCounterpart(which, engine, runner);
  if (none) return { verdict: "none", why: none, checks: [], rounds: 0 };
  let best;
  for (let round = 1; ; round++) {
    const runs = {
      reference: async (id) => (await fetch(`reference/${id}.json`)).json(),
      trace: (which) => runner.trace(which, engine, { round }),
    };
    try {
      const checks = await compareRuns(which, runs, {
        engine,
        cores: navigator.hardwareConcurrency,
        scale: SCALES[engine],
      });
      const wrong = (checks) => checks.filter(({ agrees }) => !agrees).length;
      if (!best || wrong(checks) < wrong(best)) best = checks;
      if (wrong(best) === 0 || round === ROUNDS || stop.signal.aborted)
        return { verdict: verdict(best, true), checks: best, rounds: round };
    } catch (error) {
      return { verdict: "failed", why: error.message, checks: [], rounds: round };
    }
  }
}

build();
$("run").addEventListener("click", () => runHere("light"));
$("run-python").addEventListener("click", () => runHere("python"));
$("stop").addEventListener("click", () => stop.abort());
showLast().catch((error) => ($("about").textContent = `The last run cannot be shown: ${error.message}`));
