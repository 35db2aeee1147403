"""Reading ``(i, j) -> (i : dense, j : compressed)``, the map of a sparse tensor's encoding."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Data, OpaqueSyntaxAttribute
from xdsl.ir.affine import AffineExpr
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.parser.affine_parser import AffineParser
from xdsl.printer import Printer

from dialects.sparse_tensor.level_map import FORMATS, PROPERTIES, Level, LevelMap, Slice


class _ExpressionParser(AffineParser):
    """Affine expressions, on the token stream of another parser."""

    @classmethod
    def parsed(
        cls, parser: AttrParser, dimensions: Sequence[str], symbols: Sequence[str]
    ) -> AffineExpr:
        """The expression that ``parser`` stands before."""
        expressions = cls(parser._parser_state)
        names = expressions._get_parse_optional_bare_id(list(dimensions), list(symbols))
        return expressions._parse_affine_expr(names)


def _parse_slice_number(parser: AttrParser) -> int:
    if parser.parse_optional_punctuation("?") is not None:
        return DYNAMIC_INDEX
    start = parser.pos
    number = parser.parse_integer(allow_boolean=False)
    if number < 0:
        parser.raise_error(f"expected a positive number or ?, got {number}", start, parser.pos)
    return number


@irdl_attr_definition
class SliceAttr(OpaqueSyntaxAttribute, Data[Slice]):
    """``#sparse_tensor<slice(0, ?, 1)>``: offset, size and stride of what is there."""

    name = "sparse_tensor.slice"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Slice:
        start = parser.pos
        numbers = parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: _parse_slice_number(parser)
        )
        if len(numbers) != 3:
            parser.raise_error("expected offset, size and stride", start, parser.pos)
        return Slice(*numbers)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(self.data.numbers_text())


def parse_level_map(parser: AttrParser) -> LevelMap:
    """Reads ``[s0]{l0, l1}(d0 = l0, d1 = l1) -> (l0 = d0 : dense, l1 = d1 : compressed)``.

    Symbols, names of levels, and what the dimensions are in terms of levels may lack.
    """
    start = parser.pos
    symbols = _names(parser, parser.Delimiter.SQUARE)
    levels = _names(parser, parser.Delimiter.BRACES)
    dimensions: list[str] = []
    slices: list[Slice | None] = []
    inverses: list[AffineExpr | None] = []

    def dimension() -> None:
        _add_name(parser, dimensions)
        part = parser.parse_optional_punctuation(":") is not None
        slices.append(_parse_dimension_slice(parser) if part else None)
        given = parser.parse_optional_punctuation("=") is not None
        inverses.append(_ExpressionParser.parsed(parser, levels, symbols) if given else None)

    parser.parse_comma_separated_list(parser.Delimiter.PAREN, dimension)
    parser.parse_punctuation("->")

    numbers = iter(levels)

    def level() -> Level:
        if levels:
            parser.parse_keyword(next(numbers, levels[-1]))
            parser.parse_punctuation("=")
        coordinate = _ExpressionParser.parsed(parser, dimensions, symbols)
        parser.parse_punctuation(":")
        return _parse_format(parser, coordinate)

    found = parser.parse_comma_separated_list(parser.Delimiter.PAREN, level)
    map = LevelMap(len(dimensions), len(symbols), tuple(found), tuple(slices))
    if not dimensions:
        parser.raise_error("a sparse tensor has at least one dimension", start, parser.pos)
    problem = map.problem()
    known = [expression for expression in inverses if expression is not None]
    if problem is None and len(known) == len(dimensions) and not map.is_inverted_by(known):
        problem = "what the dimensions are said to be is not the inverse of this map"
    if problem is not None:
        parser.raise_error(problem, start, parser.pos)
    return map


def _names(parser: AttrParser, delimiter: AttrParser.Delimiter) -> list[str]:
    names: list[str] = []
    parser.parse_optional_comma_separated_list(delimiter, lambda: _add_name(parser, names))
    return names


def _add_name(parser: AttrParser, names: list[str]) -> None:
    start = parser.pos
    name = parser.parse_identifier()
    if name in names:
        parser.raise_error(f"'{name}' is named twice", start, parser.pos)
    names.append(name)


def _parse_dimension_slice(parser: AttrParser) -> Slice:
    start = parser.pos
    slice = parser.parse_attribute()
    if not isinstance(slice, SliceAttr):
        parser.raise_error("expected #sparse_tensor<slice(...)>", start, parser.pos)
    return slice.data


def _parse_format(parser: AttrParser, coordinate: AffineExpr) -> Level:
    start = parser.pos
    format = parser.parse_optional_identifier()
    if format is None or format not in FORMATS:
        parser.raise_error(f"expected one of {', '.join(FORMATS)}", start, parser.pos)
    structure = _parse_structure(parser) if format == "structured" else None
    properties: set[str] = set()

    def property() -> None:
        start = parser.pos
        name = parser.parse_identifier()
        if name not in PROPERTIES:
            parser.raise_error(f"expected one of {', '.join(PROPERTIES)}", start, parser.pos)
        if name not in FORMATS[format]:
            parser.raise_error(f"a {format} level can not be {name}", start, parser.pos)
        properties.add(name)

    parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, property)
    return Level(coordinate, format, frozenset(properties), structure)


def _parse_structure(parser: AttrParser) -> tuple[int, int]:
    start = parser.pos
    numbers = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False)
    )
    if len(numbers) != 2 or not 0 <= numbers[0] <= numbers[1]:
        parser.raise_error("expected two numbers [n, m] with n <= m", start, parser.pos)
    return numbers[0], numbers[1]
