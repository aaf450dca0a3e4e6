"""A configuration that names what this engine lacks is refused in words, and with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.engine.checkpoint import read_config
from bot.engine.errors import LoadError

MXFP4 = {"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"model_type": "mamba"}, "mamba has a state that goes along with the text"),
        ({"model_type": "bamba"}, "layers of linear_attention has a state that goes along"),
        ({"model_type": "bloom"}, "weakens its attention by distance"),
        ({"model_type": "gemma4"}, "gemma4 also sees or hears"),
        (
            {"model_type": "llava", "text_config": {"model_type": "cohere2"}},
            "llava also sees or hears",
        ),
        ({"model_type": "gemma4_text"}, "layers whose keys differ in size"),
        ({"model_type": "llama4_text"}, "which attend within chunks of a text"),
        ({"model_type": "gpt_oss", "quantization_config": MXFP4}, "stored as mxfp4"),
        ({"model_type": "qwen3", "quantization_config": {"quant_method": "awq", "bits": 4}}, "awq"),
    ],
)
def test_what_is_lacking_is_said_and_a_server_is_named(
    config: dict[str, object], words: str, tmp_path: Path
) -> None:
    """These are models that go on with a text: servers run them."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(LoadError) as caught:
        read_config(tmp_path)
    assert words in caught.value.english
    assert "[engine] base_urls" in caught.value.english
    assert "base_urls" in caught.value.japanese


def test_a_model_that_writes_nothing_is_no_model_for_a_server(tmp_path: Path) -> None:
    """One for speech: no length of a text is known."""
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    with pytest.raises(LoadError, match="how long a text may be") as caught:
        read_config(tmp_path)
    assert "base_urls" not in caught.value.english + caught.value.japanese
