#!/usr/bin/env bash
# Gets what is missing, and only that: `setup.sh host` for the tests on the host, `setup.sh build` for a build of the
# page, `setup.sh test` for all tests. Everything goes below the project, except system packages (compiler, linker,
# browser) and rustup's own component rust-src.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
wanted=${1:-test}
asked_chrome=${CHROME:-}
# That something is missing is no error here; a wrong GILSCOPE_TOOLCHAIN (status 2) is, and then says so.
. scripts/env.sh 2>/dev/null || [ $? = 1 ] || . scripts/env.sh

wasm_pack_version=0.15.1
debian_toolchain=(rustc-web cargo-web rust-web-src lld-22)

# at_least WANTED HERE: compares versions.
at_least() {
    [ "$(printf '%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$1" ]
}

# apt_get REASON PACKAGE...: false if this machine has no apt, or apt not these packages, or nobody may use it.
apt_get() {
    local reason=$1 sudo=
    shift
    have apt-get || return 1
    if [ "$(id -u)" != 0 ]; then
        have sudo || return 1
        sudo=sudo
        # Asked for here: later its question would go unseen to the log.
        sudo -v || return 1
    fi
    if [ -z "${apt_is_fresh:-}" ]; then
        say "Updating apt's lists: system packages are missing"
        # A single dead source is no reason to stop: the packages may come from another.
        logged apt-update $sudo apt-get update || true
        apt_is_fresh=yes
    fi
    # By one: asked for several, it is content with any of them.
    local package
    for package in "$@"; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
    say "Installing $* by apt: $reason"
    logged apt-install $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

# cargo_install CRATE VERSION REASON: below the project; run outside of it, so that its settings do not count.
cargo_install() {
    [ "$(cat "$TOOLS/stamp/$1" 2>/dev/null)" != "$2" ] || return 0
    say "Installing $1 $2 into .tools: $3 (some minutes)"
    (cd / && logged "$1" on_host env CARGO_TARGET_DIR="$TOOLS/build" \
        cargo install --root "$TOOLS" --force --version "$2" "$1") ||
        fail "$1 $2 could not be installed, see above; if the registry could not be reached, try again later."
    echo "$2" >"$TOOLS/stamp/$1"
}

# --- What a machine must have by itself

on_host cargo --version >/dev/null 2>&1 ||
    fail "there is no working cargo on PATH; install Rust by rustup (https://rustup.rs) and open a new shell."
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rust_here=$(on_host rustc --version | cut -d' ' -f2)
at_least "$rust_wanted" "${rust_here%%-*}" ||
    fail "rustc is $rust_here, but $rust_wanted is needed; update it: rustup update stable"

have cc || apt_get "Rust needs the C compiler to link" gcc libc6-dev ||
    fail "there is no C compiler (cc) on PATH; install one (Debian: apt-get install gcc libc6-dev; Fedora: dnf install gcc;" \
        "macOS: xcode-select --install)."

[ "$wanted" != host ] || exit 0

# Without it the page is built all the same: scripts/python.sh says then what is missing.
have patch || apt_get "the sources of the Python engine are patched" patch ||
    say "There is no patch on PATH: the Python engine cannot be built"

# Playwright and the test runner's options want the newer one.
if [ "$wanted" = test ]; then node_wanted=20.10; else node_wanted=18.3; fi
have node || fail "there is no node on PATH; install Node.js $node_wanted or newer (https://nodejs.org)."
node_here=$(node -p process.versions.node)
at_least "$node_wanted" "$node_here" ||
    fail "node is $node_here, but $node_wanted is needed; install a newer Node.js (https://nodejs.org)."

# --- A toolchain for wasm with threads, for which the standard library is compiled anew

add_rust_src() {
    case ${GILSCOPE_TOOLCHAIN:-auto} in auto | rustup) have rustup ;; *) false ;; esac || return 1
    say "Adding rust-src to rustup's toolchain: wasm with threads needs the standard library compiled anew (a minute at most)"
    # Some networks swallow the request; then another way is better than to wait.
    if have timeout; then
        logged rust-src on_host timeout 60 rustup component add rust-src
    else
        logged rust-src on_host rustup component add rust-src
    fi
}

debian_is_there() {
    [ -x /usr/bin/cargo ] && [ -x /usr/bin/wasm-ld-22 ] && gilscope_has_source /usr/bin/rustc
}

# These names only: all of /usr/bin ahead of everything else would hide more than rustup's Rust. And no links: called by
# one, rustc may look for its library beside the link.
name_debian() {
    local name
    mkdir -p "$TOOLS/debian/bin"
    for name in cargo rustc rustdoc; do
        printf '#!/bin/sh\nexec /usr/bin/%s "$@"\n' "$name" >"$TOOLS/debian/bin/$name"
        chmod +x "$TOOLS/debian/bin/$name"
    done
}

add_debian() {
    case ${GILSCOPE_TOOLCHAIN:-auto} in auto | debian) ;; *) return 1 ;; esac
    if ! debian_is_there; then
        apt_get "wasm with threads needs the standard library compiled anew" "${debian_toolchain[@]}" || return 1
    fi
    name_debian
}

if ! . scripts/env.sh 2>/dev/null; then
    { debian_is_there && add_debian; } || add_rust_src || add_debian || true
    . scripts/env.sh 2>/dev/null || fail "no Rust toolchain here can build wasm with threads; get the standard library's" \
        "source: rustup component add rust-src (Debian, without rustup's server: apt-get install ${debian_toolchain[*]})."
fi

# --- Tools

cargo_install wasm-bindgen-cli "$(on_host cargo pkgid wasm-bindgen | sed 's/.*[@#]//')" \
    "writes the JavaScript beside the wasm module, so it has the version of the crate"
[ "$wanted" = test ] || exit 0
cargo_install wasm-pack "$wasm_pack_version" "runs the wasm tests in a headless browser"
rm -rf "$TOOLS/build"

# --- The browser

if [ -z "${CHROME:-}" ] || [ -z "${CHROMEDRIVER:-}" ]; then
    apt_get "the tests run in a real browser" chromium chromium-driver fonts-liberation || true
    # The two fit each other; a browser that was found before, and had no driver, perhaps does not fit this one.
    CHROME=$asked_chrome
    . scripts/env.sh
fi
[ -x "${CHROME:-}" ] ||
    fail "there is no Chromium or Chrome${CHROME:+ at $CHROME}; install one (Debian: apt-get install chromium" \
        "chromium-driver), or name one: CHROME=/path/to/chrome make test"
[ -x "${CHROMEDRIVER:-}" ] ||
    fail "there is no chromedriver${CHROMEDRIVER:+ at $CHROMEDRIVER} for $CHROME; get the one of its version (npx" \
        "@puppeteer/browsers install chromedriver@stable), and name it: CHROMEDRIVER=/path/to/chromedriver make test"

# --- Python, to compare with

have python3 || apt_get "what programs print is compared with what they print here" python3 ||
    say "There is no python3 on PATH: tests that compare with it are skipped"

# --- Playwright and TypeScript

have npm || fail "there is no npm on PATH; it comes with Node.js (https://nodejs.org; Debian: apt-get install npm)."
npm_lock=$(cksum <tests/page/package-lock.json)
if [ ! -d tests/page/node_modules ] || [ "$(cat "$TOOLS/stamp/npm" 2>/dev/null)" != "$npm_lock" ]; then
    say "Installing Playwright (without its browsers) and TypeScript into tests/page/node_modules: for the page tests"
    logged npm npm --prefix tests/page ci --no-audit --no-fund ||
        fail "the npm packages could not be installed, see above; if the registry could not be reached, try again later."
    echo "$npm_lock" >"$TOOLS/stamp/npm"
fi
