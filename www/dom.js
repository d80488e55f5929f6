// The few things that this project does with the DOM, in one place.

/** A new element with these properties (or attributes, for names with a dash and for `role` and `scope`). */
export function element(name, properties = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A button that does something. */
export function button(text, click) {
  const made = element("button", { type: "button" }, [text]);
  made.addEventListener("click", click);
  return made;
}

/** Empties an element and returns it. */
export function clear(parent) {
  parent.replaceChildren();
  return parent;
}

/** A time in milliseconds, for people. */
export function milliseconds(time) {
  if (time >= 10_000) return `${(time / 1000).toFixed(2)} s`;
  if (time >= 100) return `${time.toFixed(0)} ms`;
  if (time >= 1) return `${time.toFixed(2)} ms`;
  return `${(time * 1000).toFixed(0)} µs`;
}

/** Offers a text to the reader as a file. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url));
}
