"""Attributes and types: read by our parser and printed, they are what upstream prints."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upstream_attributes import upstream_refuses, upstream_texts
from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    Builtin,
    DenseArrayBase,
    DenseResourceAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    UnitAttr,
    f32,
    i1,
    i32,
    i64,
)
from xdsl.ir import Attribute
from xdsl.utils.exceptions import ParseError

from dialects.attribute_parser import AttributeParser
from dialects.attribute_text import attribute_text, symbol_or_string

RIGHT = """
1 : i64
-5 : i8
255 : i8
0xFF : i8
255 : ui8
18446744073709551615 : ui64
4294967295 : i32
-1 : index
1 : ui1
-1 : si8
true
-1 : i1
0x10
1.0 : f32
1.5
-0.0 : f32
0x7F800000 : f32
0x7FC0 : bf16
1.0e400 : f64
500.0 : f8E4M3FN
"a\\n\\t\\"\\\\\\7f"
"é"
"\\E9"
"\\C3\\A9 x"
""
@foo
@"foo/bar"
@a$b.c
@"1a"
@foo::@"b b"
[]
[1.5, 2.5 : f32, 3, 4 : i32, [1], {a = 1}, true, dense<1> : tensor<2xi64>, "s", unit, i32]
{}
{a = 1, "b c" = 2, "x.y" = 3, z, "-" = "s", a$ = unit, "é" = [], B = 1 : i32}
array<i64>
array<i64: 0, -1>
array<i1: true, false>
array<i8: -1, 255, 0xff>
array<f32: 1.0, -2.5, 0x7F800000>
array<f16: 0x7C00>
array<bf16: 1.0>
array<ui8: 1>
tensor<f32>
tensor<2x?xf32>
tensor<0x3xi1>
tensor<*xf32>
tensor<2xf32, "a">
tensor<2xf32, 1>
tensor<2xf32, dense<1> : tensor<2xi32>>
tensor<4xcomplex<f64>>
tuple<>
tuple<tensor<f32>, i32>
none
index
ui8
si16
f8E4M3B11FNUZ
tf32
() -> ()
(i32) -> i32
(i32, f32) -> (i32, i32)
(i32) -> ((i32) -> i32)
dense_resource<a.b> : tensor<2xf32>
dense_resource<"a/b"> : tensor<2xf32>
""".strip().splitlines()

WRONG = """
1 : f32
-0x1 : f32
0x1FFFFFFFF : f32
1.5 : i32
256 : i8
-129 : i8
128 : si8
-1 : ui8
1.0 : i1
2 : i1
1 : none
array<f32: 1>
array<f32: -0x1>
array<i8: 300>
array<i64:>
array<index: 1>
""".strip().splitlines()


def parse(text: str) -> Attribute:
    context = Context()
    context.load_dialect(Builtin)
    return AttributeParser(context, text).parse_attribute()


def test_right_attributes_print_as_upstream_prints_them() -> None:
    ours = [attribute_text(parse(text)) for text in RIGHT]
    assert ours == upstream_texts(RIGHT)


def test_the_text_is_a_fixed_point() -> None:
    for text in RIGHT:
        once = attribute_text(parse(text))
        assert attribute_text(parse(once)) == once


@pytest.mark.parametrize("text", WRONG)
def test_wrong_attributes_are_refused_as_upstream_refuses_them(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)
    assert upstream_refuses(text)


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        (DenseArrayBase.from_list(i1, [True, False]), "array<i1: true, false>"),
        (ArrayAttr([IntegerAttr(1, 64), IntegerAttr(1, 32)]), "[1, 1 : i32]"),
        (DictionaryAttr({"b": UnitAttr(), "a": StringAttr('"')}), '{a = "\\22", b}'),
        (FunctionType.from_lists([], [FunctionType.from_lists([], [])]), "() -> (() -> ())"),
        (TensorType(f32, [2]), "tensor<2xf32>"),
        (SymbolRefAttr("a b", ["c"]), '@"a b"::@c'),
        (DenseResourceAttr.from_params("1", TensorType(i32, [1])), 'dense_resource<"1"> : '),
    ],
)
def test_attributes_made_in_python(attribute: Attribute, text: str) -> None:
    assert attribute_text(attribute).startswith(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=8))
def test_strings_and_keys_are_escaped_as_upstream_escapes_them(text: str) -> None:
    string = attribute_text(StringAttr(text))
    dictionary = attribute_text(DictionaryAttr({text or "k": UnitAttr()}))
    assert upstream_texts([string, dictionary]) == [string, dictionary]


@pytest.mark.parametrize("name", ["a", "_", "a.b$c", "1", "", "a-b", "a b", "é", 'a"b', "a\n"])
def test_bare_names_are_those_of_upstream(name: str) -> None:
    shown = "@" + symbol_or_string(name or "x")
    assert upstream_texts([shown]) == [shown]


def test_resources_belong_to_the_parser() -> None:
    context = Context()
    context.load_dialect(Builtin)
    blobs = {"w": "0x040000000000803F", "a/b": "0x01000000FF"}
    listed = ", ".join(f"{json.dumps(name)}: {json.dumps(blob)}" for name, blob in blobs.items())
    text = f"""
        module attributes {{a.a = dense_resource<w> : tensor<1xf32>}} {{}}
        {{-# dialect_resources: {{ builtin: {{ {listed} }} }} #-}}"""
    for _ in range(2):
        parser = AttributeParser(context, text)
        module = parser.parse_module()
        resource = module.attributes["a.a"]
        assert attribute_text(resource) == "dense_resource<w> : tensor<1xf32>"
        assert parser.resources == {("builtin", name): blob for name, blob in blobs.items()}


def test_equal_arrays_from_text_and_from_python() -> None:
    assert parse("array<i1: true, false>") == DenseArrayBase.from_list(i1, [1, 0])
    assert parse("array<i64: 3>") == DenseArrayBase.from_list(i64, [3])
