#!/usr/bin/env bash
# haqumei 0.12.3: an object that could not be made once cannot be made any more in that process.
#
# The first Haqumei() unpacks the dictionary into the user's cache folder, and raises pyo3's
# PanicException where that folder cannot be made (no Exception: `except Exception` lets it by).
# Once the folder can be made, a new process works. The one that failed does not: each further
# Haqumei() raises that a LazyLock "has previously been poisoned". So look at the folder before the
# first object, and start anew after a failure.
#
# Seen with Python 3.11.7 on Linux x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet haqumei==0.12.3
touch taken  # a file where the cache folder is to be
mkdir good
cat >make.py <<'PY'
import os
import sys

from haqumei import Haqumei

for folder in sys.argv[1:]:
    os.environ["XDG_CACHE_HOME"] = os.path.abspath(folder)
    try:
        print(Haqumei().g2k("今日"))
    except BaseException as error:
        poisoned = "poisoned" in str(error)
        print(type(error).__name__, "is an Exception:", isinstance(error, Exception), "poisoned:", poisoned)
PY
venv/bin/python make.py taken good 2>/dev/null | tee after_failure
venv/bin/python make.py good 2>/dev/null | tee fresh

cat >expected <<'TEXT'
PanicException is an Exception: False poisoned: False
PanicException is an Exception: False poisoned: True
TEXT
diff expected after_failure
[ "$(cat fresh)" = "キョー" ]
