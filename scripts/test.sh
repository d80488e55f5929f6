#!/usr/bin/env bash
# One kind of tests: host, wasm, types, python, page or conformance. Needs what scripts/setup.sh gets, and the last two
# what scripts/build.sh builds.
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
    python)
        scripts/python.sh
        . scripts/env.sh
        [ -n "${CHROME:-}" ] || fail "there is no Chromium or Chrome; \`make setup\` gets one."
        say "Testing the Python engine's allocator on the host, with real threads"
        CARGO_TARGET_DIR=$ROOT/python/target on_host cargo test --release --locked --manifest-path python/heap/Cargo.toml
        if python=$(gilscope_first python3) && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            say "Testing the Python engine in $CHROME: its own programs, the notes', the examples', each beside $python"
            node python/tests/run.mjs --python "$python"
            node python/tests/run.mjs --python "$python" python/tests/notes tests/golden/python
        else
            say "Testing the Python engine in $CHROME by programs that judge themselves; the others, which are run beside" \
                "python3, are skipped: there is none of 3.11 or later on PATH"
            node python/tests/run.mjs --without-python
        fi
        say "Testing the record, Stop, memory that runs out, and programs that are none"
        node python/tests/record.mjs
        node python/tests/stop.mjs
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
    conformance)
        . scripts/env.sh
        [ -n "${CHROME:-}" ] || fail "there is no Chromium or Chrome; \`make setup\` gets one."
        say "Comparing runs in $CHROME with recorded runs of CPython, and with executors that are wrong on purpose"
        node --test --test-reporter=spec --test-concurrency=1 tests/conformance/*.test.mjs
        node tests/conformance/run.mjs --short
        ;;
    *) fail "tests are host, wasm, types, python, page or conformance; not \"${1:-}\"." ;;
esac
