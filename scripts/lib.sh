# shellcheck shell=bash
# What the scripts share. To be sourced; leaves the shell in the project's root.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
ROOT=$PWD
TOOLS=$ROOT/.tools
mkdir -p "$TOOLS/log" "$TOOLS/stamp"

# One line before a step: what it does and why.
say() { printf '==> %s\n' "$*"; }

# One sentence: what is wrong and its cure.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# logged NAME COMMAND...: its output goes to a file; of a failure the end is shown.
logged() {
    local log=$TOOLS/log/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null && return
    printf -- '--- the end of %s\n' "${log#"$ROOT/"}" >&2
    tail -n 25 "$log" >&2
    return 1
}

# A command as in a fresh shell, also when scripts/env.sh has been sourced: for everything that is not wasm.
on_host() {
    local path=${PATH//"$TOOLS/debian/bin:"/}
    env -u RUSTC -u RUSTC_BOOTSTRAP -u CARGO_UNSTABLE_BUILD_STD -u CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER \
        PATH="$path" "$@"
}

# An argument for `cargo build`: panics name their places, and those need not tell where this machine keeps its files. By
# --config they are added to the flags of .cargo/config.toml, which RUSTFLAGS would replace. After scripts/env.sh.
without_paths() {
    printf -- '--config=target.wasm32-unknown-unknown.rustflags = ["%s", "%s", "%s"]' \
        "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates" \
        "--remap-path-prefix=$ROOT=gilscope" "--remap-path-prefix=$(rustc --print sysroot)=rust"
}
