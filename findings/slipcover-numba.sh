#!/usr/bin/env bash
# SlipCover 1.1.0 beside Numba 0.68.1: what is counted cannot be compiled.
#
# Up to Python 3.11 SlipCover counts lines by calls that it puts into a function's bytecode when its
# module is imported. Numba compiles bytecode: it meets those calls, knows no type for them, and
# raises TypingError; the same module compiles without SlipCover, and under coverage 7.17.3, which
# traces and leaves the bytecode as it is (and sees nothing of a compiled function's lines).
#
# Seen with Python 3.11.7. What helps: --omit the modules whose functions Numba compiles.
set -euo pipefail
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
  echo "this is about Python 3.11"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet \
  slipcover==1.1.0 tabulate==0.10.0 numba==0.68.1 coverage==7.17.3
cat >loop.py <<'PY'
from numba import njit


@njit
def total(n):
    found = 0
    for number in range(n):
        found += number
    return found
PY
printf 'import loop\n\nprint(loop.total(10))\n' >main.py

[ "$(venv/bin/python main.py)" = 45 ]
[ "$(venv/bin/python -m coverage run --source . main.py)" = 45 ]
[ "$(venv/bin/python -m slipcover --source . --omit 'venv/*,loop.py' --json --out o.json main.py)" = 45 ]
if venv/bin/python -m slipcover --source . --omit 'venv/*' --json --out c.json main.py 2>told; then
  echo "it compiles now"; exit 1
fi
grep -o 'TypingError' told | head -n 1
echo "alone, under coverage, and omitted: 45; counted by SlipCover: TypingError"
grep -q 'TypingError' told
