#!/usr/bin/env bash
# fugashi 1.5.2: a word's features are those of the next sentence, once that was analysed.
#
# A node's surface is text of its own; its features are read from MeCab's memory when they are asked
# for, and each sentence takes that memory anew. So features that are read after another call tell of
# that call's words, without any error: also where two threads share a Tagger, since the other one may
# analyse a sentence between this one's call and its reading. Read all features at once, and let no
# other thread in meanwhile.
#
# Seen with unidic-lite 1.0.8, Python 3.11.7.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet fugashi==1.5.2 unidic-lite==1.0.8
cat >show.py <<'PY'
import sys
import threading

from fugashi import Tagger

tagger = Tagger()
TEXTS = ["猫は走る。" * n for n in range(1, 20)] + ["本を読んでいる。" * n for n in range(1, 20)]


def read(text):
    return [(word.surface, word.feature.lemma) for word in tagger(text)]


alone = {text: read(text) for text in TEXTS}

late = tagger("猫は走る。")
tagger("本を読んでいる。")
print("one thread:", [word.surface for word in late] == ["猫", "は", "走る", "。"],
      [(word.surface, word.feature.lemma) for word in late] == alone["猫は走る。"])

wrong = 0
sys.setswitchinterval(1e-5)


def work(offset):
    global wrong
    for n in range(2_000):
        text = TEXTS[(n * 7 + offset) % len(TEXTS)]
        wrong += read(text) != alone[text]


threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("four threads, some wrong:", wrong > 0, file=sys.stdout)
print(f"{wrong} of 8000", file=sys.stderr)
PY
venv/bin/python show.py | tee shown
diff shown - <<'TEXT'
one thread: True False
four threads, some wrong: True
TEXT
