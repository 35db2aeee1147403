"""Smaller shapes for trials: a size is replaced wherever it stands, if the modules allow it.

A module allows it where what comes out is valid: no constant lists as many elements, no dimension
is a product that no longer fits. What is tried then are the same programs at other sizes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute

from dialects.func import FuncOp
from dialects.module_text import module_text
from dialects.reader import ParsedModule, ReadError, faults, parse_module
from dialects.stablehlo.tensors import is_tensor, shape

AFFORDABLE = 1 << 26
"""Multiplications and the like of one trial that is run at the modules' own sizes."""

LARGE = 16
"""Sizes from which on a dimension is made smaller."""

SMALL = (3, 2)
"""What is tried in the place of a large size."""

Sizes = Mapping[int, int]

_TENSOR = re.compile(r"(?<=tensor<)(?:(?:\d+|\?)x)+")
_INTERVALS = re.compile(r"\[(?:\d+:\d+(?::\d+)?(?:, )?)+\]")
_EXTENTS = re.compile(r"(?:(?<=sizes = \[)|(?<=slice_sizes = array<i64: ))[\d, ]+")


def work(module: ModuleOp) -> float:
    """About how many elementary operations one run takes; loops count once.

    For a product of matrices, the root of the product of the three sizes is its multiplications.
    """
    total = 0.0
    for op in module.walk():
        if isinstance(op, ModuleOp | FuncOp) or not op.results:
            continue
        sizes = [_elements(value.type) for value in (*op.operands, *op.results)]
        total += math.sqrt(math.prod(sizes)) if len(sizes) == 3 else max(sizes)
    return total


def _elements(type_: Attribute) -> float:
    sizes = shape(type_) if is_tensor(type_) else ()
    return float(math.prod(size for size in sizes if size > 0))


def sliced(
    left: ParsedModule, right: ParsedModule
) -> tuple[tuple[str, str], dict[int, int]] | None:
    """Both modules at smaller sizes, as text, and which size became which; None if no size can."""
    texts = tuple(module_text(side.module, side.resources) for side in (left, right))
    chosen: dict[int, int] = {}
    found: tuple[str, str] | None = None
    for candidate in _candidates(_sizes(left.module)):
        if candidate.keys() & chosen.keys():
            continue
        sizes = {**chosen, **candidate}
        smaller = resized(texts[0], sizes), resized(texts[1], sizes)
        if all(map(_is_valid, smaller)):
            chosen, found = sizes, smaller
    return None if found is None else (found, chosen)


def _sizes(module: ModuleOp) -> list[int]:
    """The large sizes of the arguments of functions and of parameters, largest first."""
    types: list[Attribute] = []
    for op in module.body.ops:
        if isinstance(op, FuncOp):
            types += op.function_type.inputs.data
        else:
            types += op.properties.values()
    found = {size for type_ in types if is_tensor(type_) for size in shape(type_)}
    return sorted((size for size in found if size >= LARGE), reverse=True)


def _candidates(sizes: list[int]) -> Iterator[Sizes]:
    """One size alone; then two, one a multiple of the other, which stay in proportion."""
    for small in SMALL:
        for size in sizes:
            yield {size: small}
    for small in SMALL:
        for large, less in combinations(sizes, 2):
            if large % less == 0:
                yield {large: large // less * small, less: small}


def resized(text: str, sizes: Sizes) -> str:
    """A module's canonical text with other sizes in types, intervals and extents."""

    def tensor(match: re.Match[str]) -> str:
        return re.sub(r"\d+", number, match[0])

    def number(match: re.Match[str]) -> str:
        return str(sizes.get(int(match[0]), int(match[0])))

    for pattern in (_TENSOR, _INTERVALS, _EXTENTS):
        text = pattern.sub(tensor, text)
    return text


def _is_valid(text: str) -> bool:
    try:
        return not faults(parse_module(text))
    except ReadError:
        return False
