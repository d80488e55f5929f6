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
# Clippy must be of the compiler's version, so rustup's is no help to Debian's toolchain.
if [ "$GILSCOPE_TOOLCHAIN_USED" = debian ] && [ ! -x /usr/bin/cargo-clippy ]; then
    say "Skipping clippy for wasm: Debian's toolchain has it in a package of its own (apt-get install rust-web-clippy)"
else
    say "Running clippy for wasm"
    cargo clippy --target wasm32-unknown-unknown --all-targets -- -D warnings
fi

if have shellcheck; then
    say "Running shellcheck on the scripts"
    shellcheck -x scripts/*.sh .ci/run
fi
