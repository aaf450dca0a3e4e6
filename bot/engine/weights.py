"""From a checkpoint's files to a model with its weights, quantised on the way if so asked.

transformers builds the model and knows which tensor goes where. What it leaves to us is how
tensors are read: one after the other into memory of their own, no file being mapped, and
quantised in small pieces. So loading never takes more than the finished model and its largest
tensors, and afterwards only the model is left. The weights are those that transformers makes.
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError

from bot.engine.attention import IMPLEMENTATION as ATTENTION
from bot.engine.attention import register
from bot.engine.checkpoint import is_quantized, weight_files
from bot.engine.errors import LoadError, damaged, lacking, not_numbers, unbuildable, unsupported
from bot.engine.in_pieces import CPU, META, QuantizingInPieces
from bot.engine.language_part import names_of
from bot.engine.memory import Quantization, is_odd
from bot.engine.own_attention import hand_over, open_tables
from bot.engine.tensors import fits, packed_as_told, reading
from bot.engine.vendors import bitsandbytes, transformers, uncollected, without_compiler

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


def read_weights(
    folder: Path,
    config: PretrainedConfig,
    quantization: Quantization,
    device: torch.device,
    dtype: torch.dtype,
    quantizing: QuantizingInPieces | None = None,
    stored: PretrainedConfig | None = None,
) -> PreTrainedModel:
    """A checkpoint's model, quantised on the way where that is asked for; nothing has run on it.

    `quantizing` then knows how long that took. `stored`: what the checkpoint says of itself, where
    `config` is another. Raises LoadError.
    """
    register()
    vendor = transformers()
    try:
        with uncollected(), without_compiler():
            classes: Any = importlib.import_module("transformers.models.auto.modeling_auto")
            model_class = classes.MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    except KeyError as error:
        raise unsupported(f"{config.model_type} is no language model", writes=False) from error
    open_tables(config.model_type)
    options: dict[str, Any] = {}
    if quantization == "nf4" or is_quantized(config):
        bitsandbytes()  # before transformers imports it, and it the compiler
    try:
        if (folder / "generation_config.json").is_file():
            generation = vendor.GenerationConfig.from_pretrained(folder, local_files_only=True)
            options["generation_config"] = generation
        quantizing = quantizing or QuantizingInPieces()
        with (
            quiet(),
            without_compiler(),
            quantizing,
            reading(weight_files(folder), names_of(folder), kept=device != META) as tensors,
        ):
            if not packed_as_told(stored or config, packed=tensors.packed):
                raise damaged(folder)
            if (getattr(config, "num_hidden_layers", None) or 0) > len(tensors):
                raise damaged(folder)  # a number that is damaged may ask for billions
            if quantization == "nf4":
                left_out = None
                if device == CPU:
                    found = _odd_layers(model_class, config, tensors)
                    quantizing.unquantised, left_out = found
                options["quantization_config"] = vendor.BitsAndBytesConfig(
                    load_in_4bit=True,
                    bnb_4bit_quant_type="nf4",
                    bnb_4bit_compute_dtype=dtype,
                    llm_int8_skip_modules=left_out,
                )
            model, report = model_class.from_pretrained(
                None,
                config=config,
                state_dict=tensors,
                dtype=dtype,
                device_map={"": device},
                attn_implementation=ATTENTION,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise LoadError(
            f'Memory ran out while loading {folder.name}. Set quantization = "nf4", device = '
            '"cpu" or a smaller model.',
            f'{folder.name} の読み込み中にメモリが不足しました。quantization = "nf4"、'
            'device = "cpu"、または小さいモデルにしてください。',
        ) from error
    except KeyError as error:  # a table of its own ways to attend, in older architectures
        if error.args != (ATTENTION,):
            raise unbuildable(folder, error) from error
        raise unsupported(
            f"{config.model_type}: its layers attend in a way of their own"
        ) from error
    except (ValueError, OSError, RuntimeError, SafetensorError) as error:
        raise damaged(folder) from error
    except LoadError:
        raise
    except Exception as error:  # transformers has one for every kind of nonsense
        raise unbuildable(folder, error) from error
    if tensors.broken:
        raise not_numbers(folder, tensors.broken)
    if report["missing_keys"]:  # transformers would go on with random numbers in their place
        raise lacking(folder, report["missing_keys"])
    if not fits(model):
        raise damaged(folder)
    _compute_in(model, dtype)
    hand_over(model)
    ready: PreTrainedModel = model.eval()
    return ready


def _odd_layers(
    model_class: Any, config: PretrainedConfig, tensors: Mapping[str, Any]
) -> tuple[frozenset[str], list[str] | None]:
    """The linear layers that cannot have 4 bits on a processor, and all layers to be left out.

    None: as transformers would.
    """
    shapes = (each.get_shape() for name, each in tensors.items() if re.search(r"\.\d+\.", name))
    if not any(len(shape) == 2 and is_odd(*shape) for shape in shapes):
        return frozenset(), None
    with META:
        model = model_class(copy.deepcopy(config))
    odd = {
        name
        for name, layer in model.named_modules()
        if type(layer) is torch.nn.Linear
        and re.search(r"\.\d+\.", name)
        and is_odd(layer.out_features, layer.in_features)
    }
    theirs: Any = importlib.import_module("transformers.quantizers.base")
    return frozenset(odd), sorted({*odd, *theirs.get_keys_to_not_convert(model)})


def _compute_in(model: Any, dtype: torch.dtype) -> None:
    """Make one number type of the several that a stored 4-bit copy may name and hold."""
    for module in model.modules():
        if hasattr(module, "compute_dtype"):
            module.compute_dtype = dtype
            state = getattr(module.weight, "quant_state", None)
            if state is not None:  # else it would be dequantised to that one first
                state.dtype = dtype
    for parameter in model.parameters():
        packed = getattr(parameter, "quant_state", None) is not None  # whatever its type says
        if parameter.is_floating_point() and parameter.dtype != dtype and not packed:
            parameter.data = parameter.data.to(dtype)


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars or advice from transformers meanwhile: the user sees our lines."""
    theirs = transformers().utils.logging
    verbosity = theirs.get_verbosity()
    bars = theirs.is_progress_bar_enabled()
    theirs.set_verbosity_error()
    theirs.disable_progress_bar()
    try:
        yield
    finally:
        theirs.set_verbosity(verbosity)
        if bars:
            theirs.enable_progress_bar()
