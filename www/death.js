// What readers are told of a worker that died.

/** What a worker’s last message says. A panic tells why; who gets no memory stops there, and says nothing more. */
export function deathOf(message) {
  const memory = message.includes("unreachable") ? " (as where there is no more memory)" : "";
  return `a worker died: ${message}${memory}`;
}
