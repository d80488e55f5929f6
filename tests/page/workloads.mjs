// Workloads that several files of tests run.

const many = (count, steps) => Array.from({ length: count }, (_, n) => ({ call: { function: "f", args: [n] }, steps }));

/** Four calls that compute for longer than any test waits. */
export const ENDLESS = { name: "endless", tasks: many(4, [{ compute: { seconds: 60 } }]), maxWorkers: 4 };
/** Four calls that sleep for as long. */
export const ASLEEP = { name: "asleep", tasks: many(4, [{ sleep: 60 }]), maxWorkers: 4 };
/** Nine calls that do a little of everything, and a main program that prints. */
export const LITTLE = {
  name: "a little of everything",
  before: ["begin"],
  tasks: Array.from({ length: 9 }, (_, n) => ({
    call: { function: "f", parameters: ["n"], args: [n] },
    steps: [
      { print: "{n} begins" },
      { sleep: 0.01 },
      { compute: { seconds: 0.03 } },
      { repeat: { times: 3, steps: [{ sleep: 0.002 }, { compute: { primesBelow: 5000 } }, { print: "{n} goes on" }] } },
      { return: { tuple: ["done", { bytes: 100_000 }] } },
    ],
  })),
  after: ["end"],
  results: "each",
  maxWorkers: 3,
};
/** Four calls that are over at once. */
export const SHORT = {
  name: "short",
  tasks: many(4, [{ print: "{parameter}" }, { compute: { primesBelow: 2000 } }, { sleep: 0.001 }, "returnCount"]),
  maxWorkers: 2,
  results: "list",
};
