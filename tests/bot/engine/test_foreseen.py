"""What is said of a machine without torch is what torch says of it."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
import torch

from bot.engine import foreseen
from bot.engine.foreseen import number_on_cpu
from bot.engine.memory import choose

FLAGS = "processor : 0\nflags\t\t: fpu sse avx512f {}\n"


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if torch were not loaded."""
    monkeypatch.delitem(sys.modules, "torch")


@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_it_is_what_torch_chooses_or_left_to_torch(
    device: str, dtype: str, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On this machine, whichever it is."""
    where, number = choose(tiny_folder, "none", device, dtype)
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "torch")
        told = number_on_cpu(device, dtype)
    if told is not None:
        assert where.type == "cpu"
        assert f"torch.{told}" == str(number) and told.itemsize == number.itemsize


def test_a_gpu_that_is_asked_for_or_possible_is_for_torch_to_find(
    unloaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver can be loaded."""
    assert number_on_cpu("cuda", "float32") is None
    monkeypatch.setattr(foreseen, "gpu_is_possible", lambda: True)
    assert number_on_cpu("auto", "float32") is None
    assert number_on_cpu("cpu", "float32") is not None


@pytest.mark.skipif(platform.machine() != "x86_64", reason="another kind of processor")
@pytest.mark.parametrize(
    ("flag", "number"), [("avx512_bf16", "bfloat16"), ("amx_bf16", "bfloat16"), ("", "float32")]
)
def test_a_processors_flags_say_what_it_computes_in(
    flag: str, number: str, unloaded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux names them; a file without them says nothing."""
    file = tmp_path / "cpuinfo"
    file.write_text(FLAGS.format(flag))
    flags = foreseen.processor_flags(file)
    file.write_text("processor : 0\n")
    assert foreseen.processor_flags(file) is None
    assert foreseen.processor_flags(tmp_path / "nowhere") is None
    monkeypatch.setattr(foreseen, "processor_flags", lambda: flags)
    assert str(number_on_cpu("cpu", "auto")) == number


def test_a_torch_that_is_loaded_is_asked() -> None:
    """It knows best, and costs nothing then."""
    assert torch.device("cpu").type == "cpu" and number_on_cpu("cpu", "float32") is None
