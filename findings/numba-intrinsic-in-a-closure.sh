#!/usr/bin/env bash
# numba 0.68.1 (llvmlite 0.50.0), Python 3.11: a function with cache=True that closes over an
# @intrinsic is never found in the cache again. The key of what is kept has the closure's contents
# as they are pickled, and an intrinsic is pickled with an identifier that each process draws anew.
# So every process compiles and leaves one more file beside the source; nothing says so but
# `stats`. The same function with the intrinsic as a global of its module is found again, as is one
# that closes over a number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numba==0.68.1 llvmlite==0.50.0 numpy==2.4.6
cd "$folder"
cat >doubled.py <<'PY'
from numba import int64, njit
from numba.extending import intrinsic


@intrinsic
def double(context, number):
    def write(context, builder, signature, arguments):
        return builder.add(arguments[0], arguments[0])

    return int64(int64), write


def closing_over(doubled):
    def in_a_closure(number):
        return doubled(number)

    return in_a_closure


def counting(step):
    def with_a_number(number):
        return double(number) + step

    return with_a_number


def as_a_global(number):
    return double(number)
PY
cat >run.py <<'PY'
import doubled
from numba import int64, njit

for function in (doubled.closing_over(doubled.double), doubled.counting(3), doubled.as_a_global):
    compiled = njit(int64(int64), cache=True)(function)
    found = sum(compiled.stats.cache_hits.values())
    print(f"{function.__name__}: {compiled(21)}, found {found}")
PY
kept() { find __pycache__ -name "*$1*.nbc" | wc -l; }
for _ in 1 2 3; do "$folder/venv/bin/python" run.py >seen.txt; done
{
  cat seen.txt
  echo "files: $(kept in_a_closure) $(kept with_a_number) $(kept as_a_global)"
} | tee all.txt
diff all.txt - <<'TXT'
in_a_closure: 42, found 0
with_a_number: 45, found 1
as_a_global: 42, found 1
files: 3 1 1
TXT
