"""What a template does with what was said is done; what it leaves out is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BotError
from bot.messages import Role, Turn
from bot.prompt import fit
from bot.templated import ChatTemplateFormat, end_ids
from bot.tokenizer import HuggingFaceTokenizer
from tests.fakes.vocabularies import CHATML, write_byte_level

QWEN = """{%- for m in messages %}
{%- set content = m.content %}
{%- if m.role == 'assistant' and '</think>' in content %}
{%- set content = content.split('</think>')[-1].lstrip('\n') %}
{%- endif %}
{{- '<|im_start|>' + m.role + '\n' + content + '<|im_end|>\n' }}
{%- endfor %}
{{- '<|im_start|>assistant\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}
{%- endif %}"""
ALPACA = (
    "{% for m in messages %}{% if m.role == 'user' %}### Instruction:\n{{ m.content }}\n\n"
    "### Response:\n{% else %}{{ m.content }}\n\n{% endif %}{% endfor %}"
)


def user(text: str) -> Turn:
    """What somebody said."""
    return Turn(Role.USER, text)


def answer(text: str) -> Turn:
    """What the model said."""
    return Turn(Role.ASSISTANT, text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose tests bring the template."""
    made = tmp_path_factory.mktemp("templated")
    write_byte_level(made)
    return made


def tokenizer(folder: Path, template: str, **told: object) -> HuggingFaceTokenizer:
    """Its tokenizer with a template."""
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"chat_template": template} | told))
    return HuggingFaceTokenizer(folder)


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages[-1:] %}{{ m.content }}{% endfor %}",  # forgets what was said before
        "{% for m in messages %}{{ m.content[:3] }}{% endfor %}",
        "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
        "Hello",
        "{{ raise_exception('no') }}",
        "{{ nothing.at.all }}",
    ],
)
def test_a_template_that_does_not_write_what_was_said_is_refused(
    folder: Path, template: str
) -> None:
    """Nobody would see that the model was asked something else."""
    with pytest.raises(BotError, match="chat template"):
        ChatTemplateFormat(tokenizer(folder, template)).encode(
            [user("abcd"), answer("b"), user("c")]
        )


def test_a_template_trims_what_was_said(folder: Path) -> None:
    """White space at the ends goes where a template says so, and stays where not."""
    bare = CHATML.replace(" | trim", "")
    for template, shown in ((CHATML, "a\n b"), (bare, "  a\n b")):
        chat = ChatTemplateFormat(tokenizer(folder, template))
        assert chat.render([user("  a\n b  ")]).startswith(f"<|im_start|>user\n{shown}<|im_end|>")


def test_what_was_thought_in_earlier_turns_is_dropped(folder: Path) -> None:
    """As the template would; a mention of the mark in an answer's midst is text."""
    chat = ChatTemplateFormat(tokenizer(folder, QWEN))
    text = chat.render([user("a"), answer("<think>\nhm\n</think>\n\nb </think>"), user("c")])
    assert "hm" not in text
    chat = ChatTemplateFormat(tokenizer(folder, QWEN))
    assert "b </think> c" in chat.render([user("a"), answer("b </think> c"), user("c")])


@pytest.mark.parametrize(("thinking", "ends"), [(False, "<think>\n\n</think>\n\n"), (True, "t\n")])
def test_a_template_is_told_whether_to_think(folder: Path, thinking: bool, ends: str) -> None:
    """Where it asks."""
    chat = ChatTemplateFormat(tokenizer(folder, QWEN), thinking=thinking)
    assert chat.render([user("a")]).endswith(ends)


@pytest.mark.parametrize("template", [CHATML, QWEN, ALPACA])
def test_a_templates_own_tokens_are_counted(folder: Path, template: str) -> None:
    """So that a prompt that cannot fit is known before it is encoded, and the half is a half."""
    chat = ChatTemplateFormat(tokenizer(folder, template))
    turns = [user("Hello"), answer("はい"), user("猫?"), answer("cat"), user("a b")]
    counted = chat.overhead + sum(map(chat.count, turns))
    assert abs(counted - len(chat.encode(turns)[1])) <= 2
    history = turns[:4] * 10 + turns[-1:]
    prompt = fit(chat, [], history, 300)
    assert 100 <= len(prompt.ids) <= 300 // 2 + 30


def test_where_an_answer_ends_is_taken_from_the_template(folder: Path) -> None:
    """Where the checkpoint does not name it: Gemma's kind, without a generation_config.json."""
    named = tokenizer(folder, CHATML, eos_token="<|endoftext|>")
    marks = {spelling: token_id for token_id, spelling in named.marks.items()}
    assert end_ids(named) == {marks["<|endoftext|>"], marks["<|im_end|>"]}
    assert ChatTemplateFormat(named).stop == ()
    ends = [marks["<|endoftext|>"], marks["<|im_start|>"]]
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    try:
        named = tokenizer(folder, CHATML, eos_token="<|endoftext|>")
        assert end_ids(named) == {marks["<|endoftext|>"]}
    finally:
        (folder / "generation_config.json").unlink()
    assert ChatTemplateFormat(tokenizer(folder, ALPACA)).stop == ("\n\n### Instruction:",)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["<|im_end|>", "<think>", " ", "\n", "a", "\U000f0000", "\ufff0"]),
            max_size=5,
        ).map("".join),
        min_size=1,
        max_size=4,
    )
)
def test_no_text_makes_a_mark_of_a_template(folder: Path, texts: list[str]) -> None:
    """Nor does a character of the planes that stand for what was said."""
    chat_tokenizer = HuggingFaceTokenizer(folder)
    chat = ChatTemplateFormat(chat_tokenizer)
    turns = [turn for text in texts for turn in (user(text), answer(text))]
    plain = [turn for _ in texts for turn in (user("x"), answer("x"))]
    ids, without = chat.encode(turns)[1], chat.encode(plain)[1]
    marks = chat_tokenizer.marks
    assert [n for n in ids if n in marks] == [n for n in without if n in marks]
