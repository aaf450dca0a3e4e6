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
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch.utils._python_dispatch import TorchDispatchMode

from bot.engine.attention import IMPLEMENTATION as ATTENTION
from bot.engine.attention import register
from bot.engine.checkpoint import is_quantized, weight_files
from bot.engine.errors import LoadError, damaged, lacking, not_numbers, unsupported
from bot.engine.language_part import names_of
from bot.engine.memory import Quantization, is_odd
from bot.engine.own_attention import hand_over, open_tables
from bot.engine.tensors import reading
from bot.engine.vendors import bitsandbytes, transformers, uncollected, without_compiler

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

PIECE = 1 << 17  # weights quantised at once; a multiple of every block size of bitsandbytes
CPU, META = torch.device("cpu"), torch.device("meta")


class QuantizingInPieces(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    """bitsandbytes' 4-bit quantiser on the CPU, a piece at a time, while this is entered.

    Whole, its intermediate results take twenty bytes a weight and stay in no cache. Blocks are
    quantised independently of each other, so the numbers are the same. `seconds` adds up;
    `unquantised` are the layers that were left as they are.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Torch would load its compiler to tell it to stay away; there is none here."""
        return False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.seconds = 0.0
        self.unquantised: frozenset[str] = frozenset()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What torch calls for each operation."""
        shape = shape_alone(func, args, kwargs or {})
        if shape is not None:
            return shape
        if str(func) == "bitsandbytes.quantize_4bit.default" and args[0].device.type == "cpu":
            began = time.monotonic()
            weights, *how = args
            pieces = [func(piece, *how) for piece in weights.reshape(-1).split(PIECE)]
            packed, absmax = (torch.cat(parts) for parts in zip(*pieces, strict=True))
            self.seconds += time.monotonic() - began
            return packed, absmax
        return func(*args, **(kwargs or {}))


aten: Any = torch.ops.aten
FREQUENCIES = {  # how most models make those of their positions
    aten.arange.start_step,
    aten.div.Tensor,
    aten.pow.Scalar,
    aten.reciprocal.default,
    aten.mul.Tensor,
}


def shape_alone(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> torch.Tensor | None:
    """What an operation on tensors without memory gives, where there is a short way to know.

    A model is built of such tensors before its weights are read. torch would load sympy for
    these operations, which takes longer than to read a small model. None: torch is to say.
    """
    tensors = [each for each in args if isinstance(each, torch.Tensor)]
    if not all(each.is_meta and each.is_contiguous() for each in tensors):
        return None
    if func is aten.normal_.default:
        return tensors[0]
    if func is aten.empty_like.default and kwargs.get("memory_format") is None:
        given = {name: value for name, value in kwargs.items() if value is not None}
        like_it = {"dtype": tensors[0].dtype, "device": META, **given}
        return torch.empty(tensors[0].shape, **like_it)
    on_meta = bool(tensors) or kwargs.get("device") == META
    if func not in FREQUENCIES or not on_meta or sum(each.numel() for each in tensors) > PIECE:
        return None
    like = [
        torch.ones(each.shape, dtype=each.dtype) if isinstance(each, torch.Tensor) else each
        for each in args
    ]
    made = func(*like, **{**kwargs, **({"device": CPU} if "device" in kwargs else {})})
    return torch.empty(made.shape, dtype=made.dtype, device=META)


def read_weights(
    folder: Path,
    config: PretrainedConfig,
    quantization: Quantization,
    device: torch.device,
    dtype: torch.dtype,
    quantizing: QuantizingInPieces | None = None,
) -> PreTrainedModel:
    """A checkpoint's model, quantised on the way where that is asked for; nothing has run on it.

    `quantizing` then knows how long that took. Raises LoadError.
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
            raise
        raise unsupported(
            f"{config.model_type}: its layers attend in a way of their own"
        ) from error
    except (ValueError, OSError, RuntimeError, SafetensorError) as error:
        raise damaged(folder) from error
    if tensors.broken:
        raise not_numbers(folder, tensors.broken)
    if report["missing_keys"]:  # transformers would go on with random numbers in their place
        raise lacking(folder, report["missing_keys"])
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
