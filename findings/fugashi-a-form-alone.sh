#!/usr/bin/env bash
# fugashi 1.5.2 with unidic-lite 1.0.8: an inflected form alone is another word than in a sentence.
#
# A sentence does not begin with 調べなかった as it does with a noun, so MeCab's connection costs make
# a form that stands alone, as people paste it to look it up, a noun: 調べ (the noun) and なかっ. Behind
# an object (それを) the same form is the verb, in all of these. Analyse a pasted form once more behind
# one where the first try finds no verb.
#
# Seen with Python 3.11.7.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet fugashi==1.5.2 unidic-lite==1.0.8
cat >show.py <<'PY'
from fugashi import Tagger

tagger = Tagger()


def read(text):
    return [f"{word.surface}/{word.feature.pos1}" for word in tagger(text)]


for form in ("調べなかった", "教えさせる", "急がされる", "しろ"):
    print(form, read(form)[0], read("それを" + form)[2])
PY
venv/bin/python show.py | tee shown
diff shown - <<'TEXT'
調べなかった 調べ/名詞 調べ/動詞
教えさせる 教え/名詞 教え/動詞
急がされる 急/名詞 急が/動詞
しろ しろ/名詞 しろ/動詞
TEXT
