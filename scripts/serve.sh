#!/usr/bin/env bash
# Serves the page, and builds the Python engine behind it where it is missing: the page needs it only for programs.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

if [ ! -f www/python/gilscope_python_bg.wasm ]; then
    say "Building the Python engine behind this (10 to 15 minutes, .tools/log/python.log); workloads run meanwhile"
    (
        if nice scripts/python.sh >.tools/log/python.log 2>&1 </dev/null; then
            say "The Python engine is built: programs run now"
        else
            say "The Python engine could not be built: see .tools/log/python.log; workloads run all the same"
        fi
    ) &
    # What was begun here ends with the server; what is built by then is kept.
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
fi
node scripts/serve.mjs "$@"
