#!/usr/bin/env bash
# SlipCover 1.1.0 beside pytest-xdist 3.8.0: with --fail-under the report forgets the workers.
#
# SlipCover's pytest plugin lets each worker of pytest-xdist count lines, and the main process adds
# them up. With --fail-under it adds them up twice: first to decide upon the exit code, after which
# it removes the workers' files, and then for the report, which finds them gone. So the exit code
# is right, and the report beside it says that lines which ran did not.
#
# Seen with Python 3.11.7: without --fail-under both lines of m.py are covered (100 percent); with
# --fail-under 90 the exit code is 0, and the report says 0 percent.
# What helps: --json --out FILE first, and then --merge FILE --out FILE --fail-under N.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet \
  slipcover==1.1.0 tabulate==0.10.0 pytest==9.1.1 pytest-xdist==3.8.0
printf 'def twice(n):\n    return 2 * n\n' >m.py
printf 'import m\n\n\ndef test_twice():\n    assert m.twice(2) == 4\n' >test_m.py
covered() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["summary"]["percent_covered"])' "$1"
}
run() { venv/bin/python -m slipcover --source . --omit 'venv/*,test_m.py' "$@" -m pytest -q -n 2; }

run --json --out plain.json
run --json --out bounded.json --fail-under 90
echo "without --fail-under: $(covered plain.json) percent"
echo "with --fail-under 90, exit code 0: $(covered bounded.json) percent"
venv/bin/python -m slipcover --merge plain.json --out merged.json --fail-under 90
echo "merged first, exit code 0: $(covered merged.json) percent"
[ "$(covered plain.json)" = 100.0 ] && [ "$(covered bounded.json)" = 0.0 ]
[ "$(covered merged.json)" = 100.0 ]
