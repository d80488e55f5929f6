#!/usr/bin/env bash
# One kind of tests: host, wasm, types or page. Needs what scripts/setup.sh gets, and page what scripts/build.sh builds.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

case ${1:-} in
    host)
        say "Testing on the host, with real threads"
        on_host cargo test
        ;;
    wasm)
        . scripts/env.sh
        [ -n "${CHROME:-}" ] || fail "there is no Chromium or Chrome; \`make setup\` gets one."
        say "Testing in headless $CHROME: shared memory, thread pools and workers exist only there"
        wasm-pack test --mode no-install --headless --chrome
        ;;
    types)
        if [ ! -f www/gilscope.d.ts ]; then
            say "Skipping the types: there is no www/gilscope.d.ts yet"
            exit
        fi
        say "Checking www/gilscope.d.ts, and its use in tests/page, by the TypeScript compiler"
        npm --prefix tests/page run --silent types
        ;;
    page)
        . scripts/env.sh
        if ! compgen -G 'tests/page/*.test.mjs' >/dev/null; then
            say "Skipping the page tests: there are no tests/page/*.test.mjs yet"
            exit
        fi
        [ -n "${CHROME:-}" ] || fail "there is no Chromium or Chrome; \`make setup\` gets one."
        say "Testing the page in $CHROME, one file after the other: they measure times"
        node --test --test-reporter=spec --test-concurrency=1 tests/page/*.test.mjs
        ;;
    *) fail "tests are host, wasm, types or page; not \"${1:-}\"." ;;
esac
