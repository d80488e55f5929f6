#!/usr/bin/env bash
# Figures: the core on the host, the methods, the chart and the Python engine in a browser. Ratios, side by side in one run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

say "Measuring the core on the host"
on_host cargo bench --bench core
. scripts/env.sh
say "Measuring the methods and the chart in $CHROME"
node tests/page/bench.mjs
say "Measuring the Python engine in $CHROME"
node python/tests/bench.mjs
