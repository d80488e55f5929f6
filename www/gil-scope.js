// Defines <gil-scope>. Import gil-scope-element.js instead to define it under another name.

import { GilScopeElement } from "./gil-scope-element.js";

if (!customElements.get("gil-scope")) customElements.define("gil-scope", GilScopeElement);

export { GilScopeElement };
