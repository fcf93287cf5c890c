#!/usr/bin/env bash
# Checks that ./dev test names each reason for skipping once, with the tests that skipped something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source <(sed -n '/^skipped()/,/^}/p' dev)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cat >"$log" <<'END_OF_LOG'
1/5 Testing: data/usps
1/5 Test: data/usps
../tests/data/scratch.h:117: MESSAGE: SKIPPED: usps is not in $AUTONET_DATA
../tests/data/scratch.h:117: MESSAGE: SKIPPED: usps is not in $AUTONET_DATA
2/5 Testing: data/splits
MESSAGE: SKIPPED: usps is not in $AUTONET_DATA
3/5 Testing: train/fit
MESSAGE: SKIPPED: usps is not in $AUTONET_DATA
4/5 Testing: docs/self_test
SKIPPED: whether every public name is documented, as doxygen is not installed
5/5 Testing: text/table
END_OF_LOG
expected='
Skipped in whole or in part:
  usps is not in $AUTONET_DATA:
    data/usps, data/splits and 1 more
  doxygen is not installed:
    docs/self_test'
printed=$(skipped "$log")
if [[ $printed != "$expected" ]]; then
  printf 'printed:\n%s\nexpected:\n%s\n' "$printed" "$expected"
  exit 1
fi
echo '1/1 Testing: text/table' >"$log"
if skipped "$log"; then
  echo 'skipped() reports something where nothing was skipped'
  exit 1
fi
