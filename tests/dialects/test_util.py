"""IREE's globals and loads: our text is what iree-opt prints, names included."""

from __future__ import annotations

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp, StringAttr, TensorType, f32
from xdsl.ir import SSAValue
from xdsl.utils.exceptions import ParseError, VerifyException

from dialects.asm import AsmPrinter
from dialects.attribute_parser import AttributeParser
from dialects.attribute_text import symbol_or_string
from dialects.util import Flow, LoadOp, ParameterAttr, Util, suggested_name
from tests.witness import iree

TYPE = TensorType(f32, [4])

GLOBALS = """
util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4xf32>
util.global private @"a.b/c" = #flow.parameter.named<"model"::"a.b/c"> : tensor<2x?xbf16>
util.global private @model.layers.0.w = #flow.parameter.named<"x y"::"é"> : tensor<4xi1>
util.global private @scopeless = #flow.parameter.named<"w"> : tensor<complex<f32>>
util.global private mutable @changes = #flow.parameter.named<"model"::"w"> : tensor<4xf32>
util.global public @shown {hint = 1 : i64} = dense<1.000000e+00> : tensor<4xf32>
util.global private @late : tensor<4xf32>
"""

SYMBOLS = """
w|a.b/c|layers.0.w|1x|a b| b|$b|.b|-b|9|b9|b-|(b)|[0]|a:b|A|a"b|a\\b|~|é|+1|1+|x_0|arg|cst|0a|//|%
""".strip().split("|")


def parse(text: str) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Util, Flow):
        context.load_dialect(dialect)
    return AttributeParser(context, text).parse_module()


def text_of(module: ModuleOp) -> list[str]:
    def name(value: SSAValue) -> str:
        owner = value.owner
        assert isinstance(owner, LoadOp)
        return f"%{owner.result_name()}"

    lines: list[str] = []
    for op in module.body.ops:
        op.verify()
        pieces: list[str] = []
        AsmPrinter(pieces.append, name).op(op)
        lines.append("".join(pieces))
    return lines


def test_globals_print_as_iree_prints_them() -> None:
    upstream = [line.strip() for line in iree.printed([GLOBALS])[0].splitlines() if "@" in line]
    assert text_of(parse(GLOBALS)) == upstream == GLOBALS.strip().splitlines()


@pytest.fixture(scope="module")
def loads() -> list[str]:
    """The loads of a module that has a global of every name, as iree-opt prints them."""
    shown = [symbol_or_string(name) for name in SYMBOLS]
    globals_ = [f'util.global private @{s} = #flow.parameter.named<"w"> : {TYPE}' for s in shown]
    body = [f"%l{i} = util.global.load @{s} : {TYPE}" for i, s in enumerate(shown)]
    text = "\n".join([*globals_, "func.func @f() {", *body, "return", "}"])
    return [
        line.strip() for line in iree.printed([text])[0].splitlines() if "util.global.load" in line
    ]


def test_loads_suggest_the_names_that_iree_gives(loads: list[str]) -> None:
    ours = text_of(ModuleOp([LoadOp.of(name, TYPE) for name in SYMBOLS]))
    assert ours == loads


def test_loads_parse_back(loads: list[str]) -> None:
    module = parse("\n".join(loads))
    assert [op.result_name() for op in module.body.ops if isinstance(op, LoadOp)] == [
        suggested_name(name) for name in SYMBOLS
    ]
    assert text_of(module) == loads


def test_an_immutable_load_with_attributes() -> None:
    line = "%w = util.global.load immutable @w {hint} : tensor<4xf32>"
    assert text_of(parse(line)) == [line]
    body = f"func.func @f() {{\n{line}\nreturn\n}}\n"
    assert line in iree.printed([f"util.global private @w : tensor<4xf32>\n{body}"])[0]


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb", "\x7f"])
def test_names_that_iree_prints_wrongly_are_refused(key: str) -> None:
    with pytest.raises(VerifyException, match="IREE cannot print"):
        ParameterAttr(StringAttr("model"), StringAttr(key), TYPE)


def test_other_initial_values_are_refused() -> None:
    with pytest.raises(ParseError, match="cannot start as"):
        parse("util.global private @w = 1 : i32")
