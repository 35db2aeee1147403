"""Upstream's own parser and printer, as the witness of these tests."""

from __future__ import annotations

from collections.abc import Sequence

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir

_BEFORE, _AFTER = "module attributes {stablehlo.a = ", "} {\n}\n"


def upstream_texts(attributes: Sequence[str]) -> list[str]:
    """How upstream prints each attribute."""
    texts: list[str] = []
    with make_ir_context():
        for attribute in attributes:
            text = str(ir.Module.parse(f"module attributes {{stablehlo.a = {attribute}}} {{}}"))
            assert text.startswith(_BEFORE), text
            assert text.endswith(_AFTER), text
            texts.append(text.removeprefix(_BEFORE).removesuffix(_AFTER))
    return texts


def upstream_refuses(attribute: str) -> bool:
    """Whether upstream's parser does not take the attribute."""
    with make_ir_context():
        try:
            ir.Module.parse(f"module attributes {{stablehlo.a = {attribute}}} {{}}")
        except ir.MLIRError:
            return True
    return False


def upstream_list(hexadecimal: str, count: int, element_type: str) -> list[str]:
    """The elements of a dense constant of at most 100, one text each."""
    (text,) = upstream_texts([f'dense<"0x{hexadecimal}"> : tensor<{count}x{element_type}>'])
    inside = text[len("dense<") : text.rindex("> : ")]
    return inside[1:-1].split(", ") if inside.startswith("[") else [inside] * count
