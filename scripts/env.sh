# shellcheck shell=bash
# What a wasm build of this project needs, as environment variables. Every script uses it, and a shell may:
#
#     . scripts/env.sh && wasm-pack test --mode no-install --headless --chrome
#
# It installs nothing (`make setup` does). Source it in bash or zsh, in a shell of its own: tests on the host want
# none of this. GILSCOPE_TOOLCHAIN=rustup or =debian forces a toolchain; CHROME and CHROMEDRIVER name the browser.

# True if the compiler brings the standard library's source: no toolchain has a compiled one with threads in wasm.
gilscope_has_source() {
    [ -d "$("$1" --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library" ]
}

# The first of some commands that exists, as a path.
gilscope_first() {
    local name
    for name in "$@"; do
        command -v "$name" 2>/dev/null && return
    done
    return 1
}

gilscope_env() {
    local tools=$1/.tools linker=
    local own=$tools/bin debian=$tools/debian/bin

    # A shell may source this twice, for one toolchain and then the other: start from the same place.
    PATH=${PATH//"$debian:"/}
    PATH=$own:${PATH//"$own:"/}
    export PATH
    unset RUSTC CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER

    # Debian's browser and driver have these names; elsewhere Chrome's own names are usual.
    if [ -z "${CHROME:-}" ]; then
        CHROME=$(gilscope_first chromium chromium-browser google-chrome google-chrome-stable \
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
            /Applications/Chromium.app/Contents/MacOS/Chromium) || CHROME=
    fi
    if [ -z "${CHROMEDRIVER:-}" ]; then
        CHROMEDRIVER=$(gilscope_first chromedriver) || CHROMEDRIVER=
    fi
    if [ -n "$CHROME" ]; then export CHROME; fi
    # wasm-pack looks for the driver on PATH only.
    if [ -n "$CHROMEDRIVER" ]; then
        export CHROMEDRIVER
        PATH=$PATH:$(dirname -- "$CHROMEDRIVER")
    fi
    # Not in the home directory, where wasm-pack would keep it.
    export WASM_PACK_CACHE=$tools/cache
    # The driver has its own idea of where the browser is; tell it the one found here.
    if [ -n "$CHROME" ] && [ -d "$tools" ]; then
        sed "s|\"args\":|\"binary\": \"$CHROME\", &|" "$1/webdriver.json" >"$tools/webdriver.json"
        export WASM_BINDGEN_TEST_WEBDRIVER_JSON=$tools/webdriver.json
    fi
    # Seconds for one file of tests; the default of 20 is short for thread pools on a busy machine.
    export WASM_BINDGEN_TEST_TIMEOUT=${WASM_BINDGEN_TEST_TIMEOUT:-300}

    case ${GILSCOPE_TOOLCHAIN:-auto} in
        auto | rustup | debian) ;;
        *)
            echo "error: GILSCOPE_TOOLCHAIN is \"$GILSCOPE_TOOLCHAIN\"; it may be rustup or debian, or unset." >&2
            return 2
            ;;
    esac
    if [ "${GILSCOPE_TOOLCHAIN:-auto}" != debian ] && gilscope_has_source rustc; then
        GILSCOPE_TOOLCHAIN_USED=rustup
    elif [ "${GILSCOPE_TOOLCHAIN:-auto}" != rustup ] && [ -x "$debian/cargo" ] && gilscope_has_source /usr/bin/rustc; then
        GILSCOPE_TOOLCHAIN_USED=debian
        # By PATH and not only by RUSTC: wasm-pack calls `cargo` and `rustc` by their names.
        PATH=$debian:$PATH
        export RUSTC=/usr/bin/rustc
    else
        echo "error: no Rust toolchain here can build wasm with threads; \`make setup\` gets one." >&2
        return 1
    fi
    export GILSCOPE_TOOLCHAIN_USED

    # rustup's toolchains bring a linker for wasm; a distribution's do not.
    if [ -z "$(find "$(rustc --print sysroot)/lib/rustlib" -maxdepth 3 -name rust-lld 2>/dev/null)" ]; then
        if ! linker=$(gilscope_first wasm-ld-22 wasm-ld); then
            echo "error: this Rust toolchain has no linker for wasm; install wasm-ld (Debian: apt-get install lld-22)." >&2
            return 1
        fi
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker
    fi

    # The standard library is compiled anew with atomics: the compiled one that toolchains bring has none.
    export CARGO_UNSTABLE_BUILD_STD=panic_abort,std
    # build-std is unstable; this lets a stable cargo do it.
    export RUSTC_BOOTSTRAP=1
}

gilscope_env "$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]:-$0}")/.." && pwd)"
