"""How the cards look: one note type with two cards, recognition and recall, by day and by night.

Its number and the names of fields and cards are final, as FIELDS is. Whoever changes a template
or the style moves CHANGED_AT, by which alone Anki sees that there is something newer than the
learner's own design.
"""

from __future__ import annotations

from datetime import UTC, datetime

CHANGED_AT = datetime(2026, 11, 28, tzinfo=UTC)
NUMBER = 1_764_288_000_001
NAME = "Kaiwa"
RECOGNITION, RECALL = 0, 1  # which card a template is

_WORD = '<div class="word" lang="ja">{{Word}}</div>\n'
_ANSWER = """\
<div class="word" lang="ja">{{furigana:Furigana}}</div>
{{#Pitch}}<div class="pitch" lang="ja">{{Pitch}}</div>{{/Pitch}}
"""
_SENTENCE = """\
{{#Sentence}}<div class="sentence" lang="ja">{{furigana:SentenceFurigana}}</div>{{/Sentence}}
{{#SentenceMeaning}}<div class="translation">{{SentenceMeaning}}</div>{{/SentenceMeaning}}
<div class="source">{{Level}} {{Source}}</div>
"""
TEMPLATES = (
    (
        "Recognition",
        _WORD + '{{#Sentence}}<div class="sentence" lang="ja">{{Sentence}}</div>{{/Sentence}}\n',
        _ANSWER + '<hr id="answer">\n<div class="meaning">{{Meaning}}</div>\n' + _SENTENCE,
    ),
    (
        "Recall",
        '{{#Meaning}}<div class="meaning">{{Meaning}}</div>{{/Meaning}}\n',
        '<div class="meaning">{{Meaning}}</div>\n<hr id="answer">\n' + _ANSWER + _SENTENCE,
    ),
)
STYLE = """\
.card {
  font-family: "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic UI", "Yu Gothic",
    "Noto Sans JP", "Noto Sans CJK JP", "Source Han Sans JP", Meiryo, sans-serif;
  font-size: 20px;
  line-height: 1.6;
  text-align: center;
  color: #1f2328;
  background: #ffffff;
}
.word { font-size: 44px; line-height: 1.9; }
.pitch { font-size: 18px; color: #57606a; }
.meaning { font-size: 24px; margin: 0.5em 0; }
.sentence { font-size: 24px; line-height: 2; margin-top: 0.8em; }
.translation { color: #57606a; }
.source { font-size: 12px; color: #6e7781; margin-top: 1.5em; }
ruby rt { font-size: 0.5em; user-select: none; }
.card.nightMode, .card.night_mode, .nightMode .card, .night_mode .card {
  color: #e6e6e6;
  background: #1e1e1e;
}
.nightMode .pitch, .nightMode .translation, .night_mode .pitch, .night_mode .translation {
  color: #a8b1bb;
}
.nightMode .source, .night_mode .source { color: #9198a1; }
"""
