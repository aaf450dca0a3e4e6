"""`python -m tests.cuda_kernels`: compiles the GPU's kernels without a GPU, and counts.

The interpreter takes what the compiler does not, and knows nothing of registers. For each kernel
and form: registers of a thread, bytes that were spilt or are shared, instructions by kind; all
for the cards that `--capability` names (80: A100, 89: a desktop's, 90: H100 and H200). Triton
brings NVIDIA's tools along.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from bot.engine.cuda.choice import FUSED
from bot.engine.cuda.product import DOTS, SINGLE, WIDTH
from bot.engine.cuda.unpacking import instructions
from bot.engine.vendors import bitsandbytes

FOLDER = Path(__file__).parents[1] / "build" / "triton"
KINDS = ("LDG", "LDS", "STS", "HMMA", "HGMMA", "FFMA", "SHFL")
Form = tuple[str, str, dict[str, str], dict[str, Any], int]
"""Name of it, kernel, types of its arguments, constants, warps."""


def forms(number: str = "bf16") -> Iterator[Form]:
    """Everything that a model of these numbers may use."""
    of_x = dict.fromkeys(("x", "codes", "bias"), f"*{number}")
    sizes = dict.fromkeys(("tokens", "rows", "columns"), "i32")
    kind = torch.bfloat16 if number == "bf16" else torch.float16
    unpack = instructions(bitsandbytes().functional.get_4bit_type("nf4", "cpu").to(kind))
    for tile in SINGLE + DOTS:
        ways = (way for way in FUSED if not way.dot or tile in DOTS)
        variants = {(w.rows, w.splits > 1, w.warps, w.unroll, w.permute) for w in ways}
        for rows, split, warps, unroll, permute in sorted(variants):
            types = of_x | sizes | {"packed": "*u8", "scales": "*fp32"}
            types["out"] = "*fp32" if split else f"*{number}"
            constants: dict[str, Any] = {"T": tile, "N": rows, "BLOCK": 64, "DOT": tile in DOTS}
            constants |= {"SPLIT": split, "HAS_BIAS": not split, "UNROLL": unroll}
            constants |= {"UNPACK": unpack if permute else ""}
            more = f"{', split' if split else ''}{'' if permute else ', table'}"
            name = f"multiply, {tile} tokens, {rows} rows{more}"
            yield name, "multiply", types, constants, warps
    added = {"parts": "*fp32", "bias": f"*{number}", "out": f"*{number}"}
    added |= dict.fromkeys(("tokens", "splits", "rows"), "i32")
    yield "add_up", "add_up", added, {"WIDTH": WIDTH, "HAS_BIAS": True}, 4
    names = ["q", "k", "v", "cos", "sin", "q_out", "k_out", "keys", "values"]
    turned = dict.fromkeys(names, f"*{number}") | {"places": "*i64"}
    names = ["q_head", "q_token", "k_head", "k_token", "v_head", "v_token"]
    turned |= dict.fromkeys([*names, "q_heads", "k_heads", "room"], "i32")
    head = {"HALF": 64, "DIM": 128, "WIDTH": 64}
    yield "rotate", "rotate", turned, head, 1
    yield "rotate_into", "rotate_into", turned, head | {"VALUE": 128, "VALUES": 128}, 1
    names = ["a", "b", "c", "weight", "bias", "total", "out"]
    summed = dict.fromkeys(names, f"*{number}") | {"columns": "i32", "epsilon": "fp32"}
    for centred, terms in ((True, 1), (True, 2), (True, 3), (False, 2)):
        constants = {"TERMS": terms, "CENTRED": centred, "HAS_BIAS": centred, "WIDTH": 4096}
        constants |= {"ONE_MORE": False}
        name = f"normalise, {'layer' if centred else 'RMS'} norm of {terms} terms"
        yield name, "normalise", summed, constants, 8


def compiled(form: Form, capability: int) -> bytes:
    """Machine code. Raises what the compiler does."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from bot.engine.cuda import kernels, layer_kernels

    _, kernel, types, constants, warps = form
    function: Any = getattr(kernels, kernel, None) or getattr(layer_kernels, kernel)
    order = list(function.arg_names)
    signature = {name: types.get(name, "constexpr") for name in order}
    source = ASTSource(
        function,
        signature,
        constexprs={(order.index(name),): value for name, value in constants.items()},
        attrs={
            (place,): [["tt.divisibility", 16]]
            for place, name in enumerate(order)
            if signature[name].startswith("*") or name in ("rows", "columns")
        },
    )
    made = triton.compile(
        source, target=GPUTarget("cuda", capability, 32), options={"num_warps": warps}
    )
    code: bytes = made.asm["cubin"]
    return code


def counted(code: bytes) -> dict[str, int]:
    """Registers, spilt and shared bytes, and instructions by kind, of a kernel's machine code."""
    import triton

    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        usage, listing = (
            subprocess.run(
                [str(tools / command[0]), *command[1:], file.name],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for command in (("cuobjdump", "-res-usage"), ("nvdisasm", "-c"))
        )
    registers, stack, shared = re.findall(r"REG:(\d+) STACK:(\d+) SHARED:(\d+)", usage)[-1]
    found = re.findall(r"^\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9]*)", listing, re.M)
    kinds = Counter(found)
    counts = {"registers": int(registers), "spilt": int(stack), "shared": int(shared)}
    return counts | {"instructions": kinds.total()} | {kind: kinds[kind] for kind in KINDS}


def main(arguments: list[str] | None = None) -> None:
    """Print a table, a line for each kernel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capability", type=int, action="append", help="such as 90, several times")
    parser.add_argument("--only", default="", help="kernels whose names begin so")
    options = parser.parse_args(arguments)
    if FOLDER.is_dir():
        sys.path.append(str(FOLDER))
    for capability in options.capability or (80, 90):
        for form in forms():
            if form[0].startswith(options.only):
                counts = counted(compiled(form, capability))
                text = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
                print(f"sm_{capability} {form[0]}: {text}", flush=True)


if __name__ == "__main__":
    main()
