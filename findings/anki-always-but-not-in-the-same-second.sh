#!/usr/bin/env bash
# anki 26.9.3: "Update notes: Always" does not update a note that has the same second as Anki's own.
#
# A package's notes carry the second of their last change. With "If newer" a note is updated where
# the package's is later, with "Always" where it is another, earlier or later: where the two are
# equal it is called a duplicate and left as it is, whatever its texts are. "Update note types" is
# the same. So a package with one fixed moment (genanki's timestamp=, for files that are the same
# byte for byte) can never update what was imported before, by any option: each text of a note needs
# a moment of its own.
#
# Seen with Python 3.11.7 and genanki 0.13.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --disable-pip-version-check install --quiet anki==26.9.3 genanki==0.13.1
cat >show.py <<'PY'
import genanki
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.import_export_pb2 import ImportAnkiPackageUpdateCondition as When

ALWAYS = When.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS


def take(text: str, style: str, moment: int) -> None:
    fields = [{"name": "Word"}, {"name": "Meaning"}]
    cards = [{"name": "Card 1", "qfmt": "{{Word}}", "afmt": "{{Meaning}}"}]
    model = genanki.Model(1_700_000_000_001, "M", fields, cards, css=style)
    deck = genanki.Deck(1_700_000_000_002, "D")
    deck.add_note(genanki.Note(model, ["食べる", text], guid="eat"))
    genanki.Package(deck).write_to_file("d.apkg", timestamp=moment)
    collection = Collection("collection.anki2")
    options = ImportAnkiPackageOptions(update_notes=ALWAYS, update_notetypes=ALWAYS)
    request = ImportAnkiPackageRequest(package_path="d.apkg", options=options)
    log = collection.import_anki_package(request).log
    counts = len(log.new), len(log.updated), len(log.duplicate)
    collection.close()
    collection = Collection("collection.anki2")
    note = collection.get_note(collection.find_notes("")[0])
    print(*counts, note["Meaning"], collection.models.by_name("M")["css"])
    collection.close()


take("to eat", "a", 1_700_000_000)
take("to dine", "b", 1_700_000_000)  # the same second
take("to dine", "b", 1_600_000_000)  # an earlier one
PY
venv/bin/python show.py | tee shown
cat >expected <<'TEXT'
1 0 0 to eat a
0 0 1 to eat a
0 1 0 to dine b
TEXT
diff expected shown
