// What tests ask about the spans of a report.

/** Spans of these lanes' kinds in a state; with `task`, those of tasks only. */
export function spansIn({ trace }, state, kinds = ["main", "worker"]) {
  const lanes = new Set(trace.lanes.filter(({ kind }) => kinds.includes(kind)).map(({ lane }) => lane));
  return trace.spans.filter((span) => span.state === state && lanes.has(span.lane));
}

/** The most of these spans that last at one moment; spans that only touch do not meet. */
export function mostAtOnce(spans) {
  const edges = spans.flatMap(({ start, end }) => [[start, 1], [end, -1]]);
  edges.sort(([a, up], [b, down]) => a - b || up - down);
  let count = 0;
  let most = 0;
  for (const [, step] of edges) most = Math.max(most, (count += step));
  return most;
}

/** The time in all of these spans, in ms. */
export function total(spans) {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** From a task's first span to the end of its last: `{ start, end }` for each task, in the order of submission. */
export function extents({ trace, results }, kinds = ["main", "worker"]) {
  const lanes = new Set(trace.lanes.filter(({ kind }) => kinds.includes(kind)).map(({ lane }) => lane));
  return results.map((_, task) => {
    const spans = trace.spans.filter((span) => span.task === task && lanes.has(span.lane));
    return { start: Math.min(...spans.map(({ start }) => start)), end: Math.max(...spans.map(({ end }) => end)) };
  });
}
