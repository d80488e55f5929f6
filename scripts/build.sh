#!/usr/bin/env bash
# Builds the wasm module and its JavaScript into www/pkg. Needs what scripts/setup.sh gets.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
. scripts/env.sh

say "Building the wasm module with the $GILSCOPE_TOOLCHAIN_USED toolchain (the first time with the standard library: minutes)"
cargo build "$(without_paths)" --release --target wasm32-unknown-unknown --lib
wasm=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/gilscope.wasm

# By content, not by time: cargo may put an older file in place when the toolchain changes.
made_from="$(cksum <"$wasm") $(wasm-bindgen --version)"
if [ "$(cat www/pkg/.made-from 2>/dev/null)" != "$made_from" ]; then
    say "Writing its JavaScript to www/pkg (the module has changed)"
    rm -rf "$TOOLS/pkg"
    wasm-bindgen --target web --out-dir "$TOOLS/pkg" --out-name gilscope "$wasm"
    # wasm-bindgen-rayon 1.3 calls the module the way wasm-bindgen no longer likes: one warning on the console for each
    # thread. The call's new form is the same with names.
    for helper in "$TOOLS"/pkg/snippets/wasm-bindgen-rayon-*/src/workerHelpers.no-bundler.js; do
        sed -i.before 's/pkg\.default(data\.module, data\.memory)/pkg.default({ module_or_path: data.module, memory: data.memory })/' "$helper"
        rm "$helper.before"
    done
    echo "$made_from" >"$TOOLS/pkg/.made-from"
    # In one go: a page that is being served never sees half of it.
    rm -rf www/pkg
    mv "$TOOLS/pkg" www/pkg
fi

# The editor of the page: CodeMirror, bundled. Readers get it when they want to edit.
made_from=$(cat editor/package-lock.json editor/package.json editor/editor.js | cksum)
if [ "$(cat www/editor/.made-from 2>/dev/null)" != "$made_from" ]; then
    have npm || fail "there is no npm on PATH; it comes with Node.js (https://nodejs.org; Debian: apt-get install npm)."
    say "Bundling the editor (CodeMirror) into www/editor: for those who edit the Python program"
    logged editor npm --prefix editor ci --no-audit --no-fund ||
        fail "the editor's npm packages could not be installed, see above; if the registry could not be reached, try again later."
    rm -rf www/editor
    logged editor npm --prefix editor run --silent build || fail "the editor could not be bundled, see above."
    cat editor/node_modules/@codemirror/{view,lang-python}/LICENSE >www/editor/LICENSES.txt
    echo "$made_from" >www/editor/.made-from
fi
