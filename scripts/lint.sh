#!/usr/bin/env bash
# Formatting and clippy, for the host and for wasm; and shellcheck where it is installed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in fmt clippy; do
    on_host cargo "$tool" --version >/dev/null 2>&1 ||
        fail "cargo $tool is missing; get it by: rustup component add rustfmt clippy"
done
say "Checking the formatting"
on_host cargo fmt --check
say "Running clippy for the host"
on_host cargo clippy --all-targets -- -D warnings

. scripts/env.sh
clippy=(cargo clippy)
# Clippy must be of the compiler's version: rustup's is no help to Debian's toolchain.
if [ "$GILSCOPE_TOOLCHAIN_USED" = debian ]; then clippy=(/usr/bin/cargo-clippy clippy); fi
if "${clippy[@]}" --version >/dev/null 2>&1; then
    say "Running clippy for wasm"
    "${clippy[@]}" --target wasm32-unknown-unknown --lib --tests -- -D warnings
else
    say "Skipping clippy for wasm: the toolchain for wasm has none (Debian: apt-get install rust-web-clippy)"
fi

if have shellcheck; then
    say "Running shellcheck on the scripts"
    shellcheck -x scripts/*.sh .ci/run
fi
