#!/usr/bin/env bash
# Builds the Python engine into www/python: gets the sources of the crates that are patched, patches them, puts Python's
# library together, compiles. Does what is missing, and only that. `python.sh sources` stops before compiling;
# GILSCOPE_PYTHON_PROFILE=quick builds what one turns about with (a tenth slower, and soon there after a change).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
profile=${GILSCOPE_PYTHON_PROFILE:-release}

# --- The sources: cargo gets them and checks them by a lock file.

crates=(parking_lot parking_lot_core rustpython-compiler-core rustpython-host_env rustpython-stdlib rustpython-vm)
made_from=$(cat python/sources/Cargo.lock python/patches/*.patch python/library/modules.txt scripts/python.sh | cksum)
if [ "$(cat "$TOOLS/stamp/python-sources" 2>/dev/null)" != "$made_from" ]; then
    have patch || fail "there is no patch on PATH; install it (Debian: apt-get install patch)."
    say "Getting and patching the sources of ${crates[*]}: threads, clocks and the GIL in a browser"
    metadata=$TOOLS/python-metadata.json
    logged python-fetch on_host cargo fetch --locked --manifest-path python/sources/Cargo.toml ||
        fail "the crates could not be got, see above; if the registry could not be reached, try again later."
    on_host cargo metadata --locked --format-version 1 --manifest-path python/sources/Cargo.toml >"$metadata"
    # source NAME: where cargo keeps it.
    source_of() {
        node -e 'const { readFileSync } = require("node:fs"), { dirname } = require("node:path");
            const { packages } = JSON.parse(readFileSync(process.argv[1], "utf8"));
            console.log(dirname(packages.find(({ name }) => name === process.argv[2]).manifest_path));' "$metadata" "$1"
    }
    rm -rf "$TOOLS/python-new"
    mkdir -p "$TOOLS/python-new" "$TOOLS/python-src"
    for crate in "${crates[@]}"; do
        cp -R "$(source_of "$crate")" "$TOOLS/python-new/$crate"
        chmod -R u+w "$TOOLS/python-new/$crate"
        for patch in python/patches/"$crate".patch python/patches/"$crate"-*.patch; do
            [ -e "$patch" ] || continue
            logged "python-patch-$crate" patch --batch --forward -p1 -d "$TOOLS/python-new/$crate" -i "$ROOT/$patch" ||
                fail "$patch does not fit the crate's source."
        done
        # Files that stay the same keep their time, so that cargo compiles only what changed.
        mkdir -p "$TOOLS/python-src/$crate"
        (cd "$TOOLS/python-new/$crate" && find . -type f) | while read -r file; do
            if ! cmp -s "$TOOLS/python-new/$crate/$file" "$TOOLS/python-src/$crate/$file"; then
                mkdir -p "$(dirname "$TOOLS/python-src/$crate/$file")"
                cp "$TOOLS/python-new/$crate/$file" "$TOOLS/python-src/$crate/$file"
            fi
        done
    done
    rm -rf "$TOOLS/python-lib"
    cp -R "$(source_of rustpython-pylib)/Lib" "$TOOLS/python-lib"
    chmod -R u+w "$TOOLS/python-lib"
    logged python-patch-library patch --batch --forward -p1 -d "$TOOLS/python-lib" -i "$ROOT/python/patches/library.patch" ||
        fail "python/patches/library.patch does not fit Python's library."
    rm -rf "$TOOLS/python-new" "$metadata"
    echo "$made_from" >"$TOOLS/stamp/python-sources"
fi

# --- Python's library: the files that modules.txt names, and ours in place of those that want an operating system.

rm -rf "$TOOLS/python-library"
mkdir -p "$TOOLS/python-library"
(cd "$TOOLS/python-lib" && tar -cf - -T "$ROOT/python/library/modules.txt") | tar -xf - -C "$TOOLS/python-library"
cp -R python/library/own/. "$TOOLS/python-library/"
(cd "$TOOLS/python-library" && find . -name '*.py' | LC_ALL=C sort | xargs cksum) >"$TOOLS/python-library.new"
cmp -s "$TOOLS/python-library.new" "$TOOLS/python-library.sum" || cp "$TOOLS/python-library.new" "$TOOLS/python-library.sum"
[ "${1:-}" != sources ] || exit 0

# --- The wasm file

. scripts/env.sh
export CARGO_TARGET_DIR=$ROOT/python/target
say "Building the Python engine, profile $profile (the first time a whole interpreter: 5 to 10 minutes on two cores)"
# The crates ask for a newer Rust than they need.
(cd python && cargo build "$(without_paths)" --locked --ignore-rust-version --profile "$profile" \
    --target wasm32-unknown-unknown --lib)
wasm=$CARGO_TARGET_DIR/wasm32-unknown-unknown/$profile/gilscope_python.wasm
made_from="$(cat "$wasm" scripts/python.sh | cksum) $(wasm-bindgen --version)"
if [ "$(cat www/python/.made-from 2>/dev/null)" != "$made_from" ]; then
    say "Writing its JavaScript to www/python (the module has changed)"
    rm -rf "$TOOLS/python"
    wasm-bindgen --target web --remove-name-section --out-dir "$TOOLS/python" --out-name gilscope_python "$wasm"
    cp -R python/LICENSES "$TOOLS/python/LICENSES"
    # By this the page asks for the module with a checksum in its address: browsers keep it for the next visit.
    node -e 'const { createHash } = require("node:crypto"), { readFileSync, writeFileSync } = require("node:fs");
        const [folder, module] = process.argv.slice(1), content = readFileSync(folder + module);
        const sha256 = createHash("sha256").update(content).digest("hex");
        writeFileSync(folder + "engine.json", JSON.stringify({ module, bytes: content.length, sha256 }) + "\n");' \
        "$TOOLS/python/" gilscope_python_bg.wasm
    echo "$made_from" >"$TOOLS/python/.made-from"
    # In one go: a page that is being served never sees half of it.
    rm -rf www/python
    mv "$TOOLS/python" www/python
fi
say "www/python/gilscope_python_bg.wasm has $(wc -c <www/python/gilscope_python_bg.wasm) bytes, $(gzip -9 -c www/python/gilscope_python_bg.wasm | wc -c) by gzip"
