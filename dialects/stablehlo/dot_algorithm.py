"""``#stablehlo.dot_algorithm``: with which types and in how many steps ``dot_general`` computes.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#dot_general
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import FloatTF32Type
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.attribute_text import attribute_text
from dialects.stablehlo.dimension_numbers import parse_number
from dialects.stablehlo.element_types import FLOATING_POINT


@dataclass(frozen=True, slots=True)
class DotAlgorithm:
    """How ``dot_general`` must compute: with which types, in how many parts and products."""

    lhs_precision_type: Attribute
    rhs_precision_type: Attribute
    accumulation_type: Attribute
    lhs_component_count: int = 1
    rhs_component_count: int = 1
    num_primitive_operations: int = 1
    allow_imprecise_accumulation: bool = False

    def text(self) -> str:
        """``<lhs_precision_type = tf32, ...>``."""
        parts = [
            f"{key} = {attribute_text(getattr(self, key))}"
            for key in ("lhs_precision_type", "rhs_precision_type", "accumulation_type")
        ]
        parts += [f"{key} = {getattr(self, key)}" for key in _ALGORITHM_COUNTS]
        flag = str(self.allow_imprecise_accumulation).lower()
        return f"<{', '.join(parts)}, allow_imprecise_accumulation = {flag}>"


_ALGORITHM_COUNTS = ("lhs_component_count", "rhs_component_count", "num_primitive_operations")

_EIGHT_BITS = frozenset(
    ("f8E3M4", "f8E4M3", "f8E4M3FN", "f8E5M2", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2FNUZ")
)
_KNOWN_ALGORITHMS = frozenset(
    (
        ("f16", "f16", "f16", 1),
        ("f16", "f16", "f32", 1),
        ("bf16", "bf16", "bf16", 1),
        ("bf16", "bf16", "f32", 1),
        ("bf16", "bf16", "f32", 3),
        ("bf16", "bf16", "f32", 6),
        ("bf16", "bf16", "f32", 9),
        ("tf32", "tf32", "f32", 1),
        ("tf32", "tf32", "f32", 3),
        ("f32", "f32", "f32", 1),
        ("f64", "f64", "f64", 1),
    )
)
"""Types of both sides and of the sum, and the number of products, that some hardware has."""


def is_known_algorithm(algorithm: DotAlgorithm) -> bool:
    """Whether upstream knows hardware that computes so."""
    if (algorithm.lhs_component_count, algorithm.rhs_component_count) != (1, 1):
        return False
    lhs, rhs, accumulation = (
        attribute.name
        for attribute in (
            algorithm.lhs_precision_type,
            algorithm.rhs_precision_type,
            algorithm.accumulation_type,
        )
    )
    products = algorithm.num_primitive_operations
    if lhs in _EIGHT_BITS and rhs in _EIGHT_BITS and accumulation == "f32" and products == 1:
        return True
    if algorithm.allow_imprecise_accumulation:
        return False
    return (lhs, rhs, accumulation, products) in _KNOWN_ALGORITHMS


@dataclass(frozen=True, slots=True)
class AlgorithmRule:
    """A row of the specification that looks at the algorithm alone."""

    id: str
    holds: Callable[[DotAlgorithm], bool]
    message: Callable[[DotAlgorithm], str]


def _positive(id: str, key: str) -> AlgorithmRule:
    return AlgorithmRule(
        id,
        lambda a: getattr(a, key) > 0,
        lambda a: f"{key} in {a.text()} must be positive",
    )


def _floating(id: str, key: str) -> AlgorithmRule:
    return AlgorithmRule(
        id,
        lambda a: _is_float(getattr(a, key)),
        lambda a: f"{key} in {a.text()} is no floating-point type",
    )


def _is_float(type_: Attribute) -> bool:
    return type_ in FLOATING_POINT or type_ == FloatTF32Type()


ALGORITHM_RULES: Sequence[AlgorithmRule] = (
    _positive("C22", "lhs_component_count"),
    _positive("C23", "rhs_component_count"),
    _positive("C24", "num_primitive_operations"),
    _floating("I8", "lhs_precision_type"),
    _floating("I9", "rhs_precision_type"),
    _floating("I10", "accumulation_type"),
    AlgorithmRule(
        "algorithm",
        is_known_algorithm,
        lambda a: f"no known hardware has the algorithm {a.text()}",
    ),
)


def parse_dot_algorithm(parser: AttrParser) -> DotAlgorithm:
    """Reads ``<lhs_precision_type = tf32, ...>``, every field, in order.

    Raises ``ParseError`` at the attribute for one that no operation may have, as upstream does.
    """
    start = parser.pos

    def key(name: str) -> None:
        parser.parse_keyword(name)
        parser.parse_punctuation("=")

    def typed(name: str) -> Attribute:
        key(name)
        value = parser.parse_type()
        parser.parse_punctuation(",")
        return value

    def counted(name: str) -> int:
        key(name)
        value = parse_number(parser)
        parser.parse_punctuation(",")
        return value

    with parser.in_angle_brackets():
        lhs = typed("lhs_precision_type")
        rhs = typed("rhs_precision_type")
        accumulation = typed("accumulation_type")
        lhs_count, rhs_count, products = (counted(name) for name in _ALGORITHM_COUNTS)
        key("allow_imprecise_accumulation")
        imprecise = parser.parse_boolean()
    algorithm = DotAlgorithm(lhs, rhs, accumulation, lhs_count, rhs_count, products, imprecise)
    for rule in ALGORITHM_RULES:
        if not rule.holds(algorithm):
            message = f"stablehlo.dot_general: ({rule.id}) {rule.message(algorithm)}"
            parser.raise_error(message, start, parser.pos)
    return algorithm


@irdl_attr_definition
class DotAlgorithmAttr(Data[DotAlgorithm]):
    """``#stablehlo.dot_algorithm<lhs_precision_type = tf32, ...>``."""

    name = "stablehlo.dot_algorithm"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> DotAlgorithm:
        return parse_dot_algorithm(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(self.data.text())
