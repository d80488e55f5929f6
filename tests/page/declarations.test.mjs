// What gilscope.d.ts and gil-scope.d.ts declare is what there is: the compiler reads real reports as the source text of a
// program. A key that is missing, not declared or of another type is an error there, at any depth.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { METHODS, loadEngine, pageTest } from "./browser.mjs";

const WWW = fileURLToPath(new URL("../../www/", import.meta.url));
const TSC = fileURLToPath(new URL("node_modules/typescript/bin/tsc", import.meta.url));
const FLAGS = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable", "--types", ""];

/** What the compiler says of a program with these declarations at hand; nothing if all is well. */
async function compile(t, program) {
  const folder = await mkdtemp(path.join(tmpdir(), "gilscope-types-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "program.mts");
  const head = `import * as engine from ${JSON.stringify(`${WWW}gilscope.js`)};
    import * as element from ${JSON.stringify(`${WWW}gil-scope.js`)};
    type Engine = Omit<engine.Gilscope, never>;\n`;
  await writeFile(file, head + program);
  return promisify(execFile)(process.execPath, [TSC, ...FLAGS, file]).then(() => "", ({ stdout, message }) => stdout || message);
}

/** A value as source text: a fresh literal, in which the compiler looks for keys too many. */
const literal = (value) => JSON.stringify(value, null, 1);
/** One of a kind is enough: the compiler need not read thousands of equal things. */
const some = (list, kind) => [...new Map(list.map((item) => [kind(item), item])).values()];

/** A few of each: what is null in one of them is not in another. */
function short({ output, trace, file, ...report }) {
  const kind = (item) => JSON.stringify([item.ph, item.cat, item.state, Object.values(item).map((value) => value === null)]);
  return {
    report: { ...report, output: some(output, kind), trace: { ...trace, spans: some(trace.spans, kind) } },
    file: { ...file, traceEvents: some(file.traceEvents, kind) },
  };
}

/** The ids of one kind of examples, as keys. */
const idsOf = (examples, wanted) => Object.fromEntries(examples.filter(({ kind }) => kind === wanted).map(({ id }) => [id, true]));

const WORKLOAD = {
  before: ["begin"],
  tasks: [
    { call: { function: "f", args: [1] }, steps: [{ print: "{parameter}" }, { sleep: 0.01 }, { return: 1 }] },
    { call: { function: "g" }, steps: [{ sleep: 0.02 }, { raise: { type: "ValueError", message: "no" } }] },
    { call: { function: "h" }, steps: [{ sleep: 0.2 }] },
  ],
  results: "each",
  maxWorkers: 2,
};

pageTest("reports, events, examples, capabilities, hits", {}, async (page, t) => {
  await loadEngine(page);
  const { plain, reports, spans, hits } = await page.evaluate(
    async ([methods, workload]) => {
      const reports = [];
      const spans = [];
      const hits = new Map();
      const keep = async (request, options) => {
        const run = scope.start(request, { ...options, onSpans: (some) => spans.push(...some) });
        const { toTraceEvents, ...report } = await run.finished;
        reports.push({ ...report, file: toTraceEvents() });
        if (!["threads", "asyncio"].includes(request.method)) return;
        const height = run.recording.layout(800, 1, 0, run.recording.now);
        for (let y = 0; y < height; y += 3) {
          for (let x = 150; x < 800; x += 3) {
            const hit = run.recording.hit(x, y);
            hits.set(JSON.stringify(hit && [hit.title, ...Object.values(hit).map((value) => value === null)]), hit);
          }
        }
      };
      for (const method of methods) {
        await keep({ workload, method });
        await keep({ workload, method }, { signal: AbortSignal.timeout(300) });
      }
      await keep({ workload: { ...workload, toThread: true }, method: "asyncio" });
      await keep({ example: "cpu-four", method: "threads" }, { signal: AbortSignal.timeout(100) });
      const plain = { examples: scope.examples(), capabilities: scope.capabilities(), states: scope.states() };
      return { plain, reports, spans, hits: [...hits.values()] };
    },
    [METHODS, WORKLOAD],
  );
  assert.ok(hits.some((hit) => hit?.task) && hits.some((hit) => hit?.text) && hits.includes(null));
  assert.ok(reports.some(({ end }) => end === "stopped") && reports.some(({ end }) => end === "complete"));
  const shortened = reports.map(short);
  const kinds = (list) => some(list, (item) => JSON.stringify(Object.values(item).map((value) => value === null)));
  const program = `
    const reports: Omit<engine.Report, "toTraceEvents">[] = ${literal(shortened.map(({ report }) => report))};
    const files: engine.TraceEventFile[] = ${literal(shortened.map(({ file }) => file))};
    const examples: engine.Example[] = ${literal(plain.examples)};
    const capabilities: engine.Capabilities = ${literal(plain.capabilities)};
    const states: ReturnType<Engine["states"]> = ${literal(plain.states)};
    const spans: engine.Span[] = ${literal(kinds(spans))};
    const hits: (engine.Hit | null)[] = ${literal(hits)};
    const ids: Record<engine.ExampleId, true> = ${literal(idsOf(plain.examples, "workload"))};
    const programs: Record<engine.ProgramId, true> = ${literal(idsOf(plain.examples, "program"))};
    const titles: Record<engine.State, true> = ${literal(Object.fromEntries(plain.states.map(({ id }) => [id, true])))};
    const methods: Record<engine.Method, true> = ${literal(Object.fromEntries(METHODS.map((id) => [id, true])))};
  `;
  assert.equal(await compile(t, program), "");
  // And it does look: a key too many, one too few, and one of another type.
  const { mostOnCpu, ...fewer } = shortened[0].report.analysis;
  for (const analysis of [{ ...fewer, mostOnCpu, more: 1 }, fewer, { ...fewer, mostOnCpu: "1" }]) {
    assert.match(await compile(t, `const analysis: engine.Analysis = ${literal(analysis)};`), /error TS/);
  }
});

pageTest("classes and exports", {}, async (page, t) => {
  await loadEngine(page);
  const found = await page.evaluate(async () => {
    const modules = { engine: await import("/www/gilscope.js"), element: await import("/www/gil-scope.js") };
    const { Gilscope } = modules.engine;
    const { GilScopeElement } = modules.element;
    const own = (object) => Object.getOwnPropertyNames(object);
    const run = scope.start({ example: "threads-simple", method: "sequential", scale: 0.01 });
    await run.finished;
    return {
      engine: Object.keys(modules.engine),
      element: Object.keys(modules.element),
      gilscope: own(Gilscope.prototype).filter((name) => name !== "constructor"),
      statics: own(Gilscope).filter((name) => !["length", "name", "prototype"].includes(name)),
      instance: [...own(GilScopeElement.prototype), ...own(document.createElement("gil-scope"))],
      run: own(run),
      recording: own(Object.getPrototypeOf(run.recording)),
    };
  });
  const names = (list) => literal(Object.fromEntries(list.filter((name) => name !== "constructor").map((name) => [name, true])));
  const program = `
    const one: Record<Exclude<keyof typeof engine, "default">, true> = ${names(found.engine)};
    const two: Record<Exclude<keyof typeof element, "default">, true> = ${names(found.element)};
    const three: Record<keyof engine.Gilscope, true> = ${names(found.gilscope)};
    const four: Record<Exclude<keyof typeof engine.Gilscope, "prototype">, true> = ${names(found.statics)};
    const five: Record<Exclude<keyof element.GilScopeElement, keyof HTMLElement>, true> = ${names(found.instance)};
    const six: Record<keyof engine.Run, true> = ${names(found.run)};
    // There is more to a recording: what the engine and the page's own code tell each other.
    const seven: { [name in ${found.recording.map((name) => JSON.stringify(name)).join(" | ")}]?: unknown } = {} as engine.Recording;
    type Missing = Exclude<keyof engine.Recording, keyof typeof seven>;
    const eight: Missing extends never ? true : false = true;
  `;
  assert.equal(await compile(t, program), "");
});
