#!/usr/bin/env bash
# Gets CPython's own tests from Debian's packages into .tools/cpython-tests: those of 3.11, the youngest that Debian 12 has.
# They are under the PSF's licence, are not part of what is shipped, and not changed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../../../scripts/lib.sh"

# As long as this is the same, so are the tests, whichever security update of the package they come from.
wanted=45952581
files=(lock_tests.py test_queue.py test_threading.py test_threading_local.py test_thread.py test_concurrent_futures.py
    test_asyncio support __init__.py)

sum_of() { (cd "$1" && find . -name '*.py' | LC_ALL=C sort | xargs cksum | cksum | cut -d' ' -f1); }

[ ! -d "$TOOLS/cpython-tests" ] || exit 0
# What is not there is no fault of the engine's: run.mjs says so, and goes on.
skip() {
    echo "$1" >&2
    exit 3
}
download() { (cd "$new/packages" && logged cpython-tests apt-get download libpython3.11-testsuite libpython3.11-stdlib); }

if ! have apt-get || ! have dpkg-deb; then skip "they come from Debian's packages, and this system has no apt-get"; fi
new=$TOOLS/cpython-tests-new
rm -rf "$new"
mkdir -p "$new/packages" "$new/files" "$new/tests/test"
# The lists may be old, or not there.
download || { [ "$(id -u)" = 0 ] && logged cpython-tests apt-get update && download; } ||
    skip "the packages libpython3.11-testsuite and libpython3.11-stdlib could not be got; perhaps: apt-get update"
for package in "$new"/packages/*.deb; do dpkg-deb -x "$package" "$new/files"; done
for file in "${files[@]}"; do cp -R "$new/files/usr/lib/python3.11/test/$file" "$new/tests/test/"; done
[ "$(sum_of "$new/tests")" = "$wanted" ] ||
    skip "they are others than expected.txt was made with: $(sum_of "$new/tests"), not $wanted"
mv "$new/tests" "$TOOLS/cpython-tests"
rm -rf "$new"
