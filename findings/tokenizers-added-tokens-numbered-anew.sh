#!/usr/bin/env bash
# tokenizers 0.23.3: without one of its added tokens, a tokenizer.json has other ids for the later ones.
#
# Each entry of `added_tokens` has an id. It is not what the token gets: one that the model's own
# vocabulary has not gets the next free number, in the order of the file. So who takes an entry out
# (a mark that is not wanted any more) moves all later ones down by one, and the checkpoint's rows
# belong to other tokens from then on; an id written by hand counts for nothing. No error, no
# warning, also with TOKENIZERS_LOG=warn. Saved again, the file has the new ids.
#
# Seen with Python 3.11.7. What helps: leave the entry there under a name that no text has. Or put
# all of the names into the model's vocabulary: what is there keeps its id.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet tokenizers==0.23.3
cat >show.py <<'PY'
import json

from tokenizers import Tokenizer
from tokenizers.models import WordLevel

tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
tokenizer.add_special_tokens(["<one>", "<two>", "<three>"])


def show(title, stored):
    read = Tokenizer.from_str(json.dumps(stored))
    print(f"{title}: the file says", {x["content"]: x["id"] for x in stored["added_tokens"]})
    print("  read as", {name: read.token_to_id(name) for name in ("<one>", "<two>", "<three>")})
    saved = json.loads(read.to_str())["added_tokens"]
    print("  saved as", {x["content"]: x["id"] for x in saved})
    print("  a<three>", read.encode("a<three>").ids)


stored = json.loads(tokenizer.to_str())
show("whole", stored)
stored["added_tokens"] = [x for x in stored["added_tokens"] if x["content"] != "<two>"]
show("one less", stored)
stored["added_tokens"][-1]["id"] = 900
show("by hand", stored)
stored["added_tokens"][-1]["id"] = 5
stored["added_tokens"].insert(1, stored["added_tokens"][0] | {"id": 4, "content": "<unused>"})
show("renamed", stored)
del stored["added_tokens"][1]
stored["model"]["vocab"] |= {"<one>": 3, "<unused>": 4, "<three>": 5}
show("in the vocabulary", stored)
PY
TOKENIZERS_LOG=warn venv/bin/python show.py 2>&1 | tee shown
diff shown - <<'TEXT'
whole: the file says {'<one>': 3, '<two>': 4, '<three>': 5}
  read as {'<one>': 3, '<two>': 4, '<three>': 5}
  saved as {'<one>': 3, '<two>': 4, '<three>': 5}
  a<three> [0, 5]
one less: the file says {'<one>': 3, '<three>': 5}
  read as {'<one>': 3, '<two>': None, '<three>': 4}
  saved as {'<one>': 3, '<three>': 4}
  a<three> [0, 4]
by hand: the file says {'<one>': 3, '<three>': 900}
  read as {'<one>': 3, '<two>': None, '<three>': 4}
  saved as {'<one>': 3, '<three>': 4}
  a<three> [0, 4]
renamed: the file says {'<one>': 3, '<unused>': 4, '<three>': 5}
  read as {'<one>': 3, '<two>': None, '<three>': 5}
  saved as {'<one>': 3, '<unused>': 4, '<three>': 5}
  a<three> [0, 5]
in the vocabulary: the file says {'<one>': 3, '<three>': 5}
  read as {'<one>': 3, '<two>': None, '<three>': 5}
  saved as {'<one>': 3, '<three>': 5}
  a<three> [0, 5]
TEXT
