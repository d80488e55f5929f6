// Workloads that several files of tests run.

const many = (count, steps) => Array.from({ length: count }, (_, n) => ({ call: { function: "f", args: [n] }, steps }));

/** Four calls that compute for longer than any test waits. */
export const ENDLESS = { name: "endless", tasks: many(4, [{ compute: { seconds: 60 } }]), maxWorkers: 4 };
/** Four calls that sleep for as long. */
export const ASLEEP = { name: "asleep", tasks: many(4, [{ sleep: 60 }]), maxWorkers: 4 };
/** Four calls that are over at once, but do a little of everything. */
export const SHORT = {
  name: "short",
  tasks: many(4, [{ print: "{parameter}" }, { compute: { primesBelow: 2000 } }, { sleep: 0.001 }, "returnCount"]),
  maxWorkers: 2,
  results: "list",
};
