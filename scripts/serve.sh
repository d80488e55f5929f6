#!/usr/bin/env bash
# Serves the page, and builds the Python engine behind it: the page needs it only for programs.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

if [ -f www/python/engine.json ]; then
    say "Looking behind this whether the Python engine has changed (.tools/log/python.log); programs run meanwhile as before"
else
    say "Building the Python engine behind this (5 to 10 minutes on two cores, .tools/log/python.log); workloads run meanwhile"
fi
(
    if nice scripts/python.sh >.tools/log/python.log 2>&1 </dev/null; then
        say "The Python engine is built: programs run now"
    else
        say "The Python engine could not be built: see .tools/log/python.log; workloads run all the same"
    fi
) &
# What was begun here ends with the server; what is built by then is kept.
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
node scripts/serve.mjs "$@"
