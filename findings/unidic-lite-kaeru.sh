#!/usr/bin/env bash
# unidic-lite 1.0.8 (UniDic 2.1.2): the lemma of 帰る, to go home, is 返る, to be returned.
#
# UniDic puts spellings of what it takes for one word under one lemma, and takes 帰る and 返る for one
# (変える has its own). So a count, or a dictionary look-up, by lemma finds the other word; the plain
# form as it is written (orthBase) keeps them apart.
#
# Seen with fugashi 1.5.2, Python 3.11.7.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet fugashi==1.5.2 unidic-lite==1.0.8
cat >show.py <<'PY'
from fugashi import Tagger

tagger = Tagger()
for text in ("家に帰ります。", "色を変えました。", "本が返った。"):
    word = tagger(text)[2]
    print(word.surface, word.feature.lemma, word.feature.orthBase)
PY
venv/bin/python show.py | tee shown
diff shown - <<'TEXT'
帰り 返る 帰る
変え 変える 変える
返っ 返る 返る
TEXT
