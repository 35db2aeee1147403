"""Reading: positions, errors, and every fault of a program at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxlib.mlir import ir
from programs import our_text, program, upstream_text

from dialects.diagnostics import SourceText
from dialects.reader import ReadError, check_module, parse_module

T = "tensor<4xf32>"
PROGRAM = f"""func.func @main(%x: {T}, %y: tensor<5xf32>) -> {T} {{
  %0:2 = stablehlo.optimization_barrier %x, %x : {T}, {T}
  %1, %2 = "stablehlo.optimization_barrier"(%x, %y) : ({T}, tensor<5xf32>) -> ({T}, {T})
  %3 = stablehlo.add %1, %2
      : {T}
  %4 = stablehlo.floor %x : ({T}) -> tensor<6xf32>
  stablehlo.custom_call @f(%x) : ({T}) -> ()
  return %3 : {T}
}}
"""


def test_operations_have_the_position_of_their_name() -> None:
    parsed = parse_module(PROGRAM, "a.mlir")
    positions = {op.name: parsed.position(op) for op in parsed.module.walk() if op.results}
    assert positions == {
        "stablehlo.optimization_barrier": (3, 12),
        "stablehlo.add": (4, 8),
        "stablehlo.floor": (6, 8),
    }


def test_every_fault_is_reported_in_the_order_of_the_text() -> None:
    faults = check_module(PROGRAM, "a.mlir")
    assert [str(fault).split(" ", 4)[:4] for fault in faults] == [
        ["a.mlir:3:12:", "error:", "stablehlo.optimization_barrier:", "(C1)"],
        ["a.mlir:6:8:", "error:", "stablehlo.floor:", "(C1)"],
    ]
    assert faults[1].with_snippet().splitlines()[1:] == [
        f"    %4 = stablehlo.floor %x : ({T}) -> tensor<6xf32>",
        "         ^",
    ]


def test_a_valid_module_has_no_faults() -> None:
    assert check_module(program([T], f"stablehlo.abs %0 : {T}")) == []


@pytest.mark.parametrize("text", ["", "// nothing"])
def test_a_text_without_operations_is_an_empty_module(text: str) -> None:
    assert our_text(text) == upstream_text(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("module {\n  foo.bar\n}", 2, 3, "unknown operation 'foo.bar'"),
        ('module {\n  %0 = "foo.bar"() : () -> i32\n}', 2, 9, "unknown operation 'foo.bar'"),
        ("module attributes {a = #foo.bar} {}", 1, 29, "of the unknown dialect 'foo'"),
        ("module attributes {a = #stablehlo.b} {}", 1, 35, "'stablehlo' has no attribute 'b'"),
        ("func.func @f() {\n  %0 = stablehlo.abs %1 : tensor<f32> return }", 2, 22, "%1 is used"),
        ("func.func @f() {\n  stablehlo.return", 2, 19, ""),
        ("func.func @f(%x: tensor<4xf3>) { return }", 1, 27, "type"),
        ("func.func @f(%x: tensor<-4xf32>) { return }", 1, 25, ""),
        ('module attributes {a = "b} {}', 1, 24, "string"),
        ("module attributes {a = dense<[1, [2]]> : tensor<2xi32>} {}", 1, 34, "shape"),
        ("module { ~ }", 1, 10, ""),
        ("func.func @f() { return } }", 1, 27, "Could not parse entire input"),
        ("%0 = stablehlo.constant dense<1> : tensor<i32>\n%0:2 = func.func @f()", 2, 1, ""),
        (f"module attributes {{a = {'9' * 5000}}} {{}}", 1, 24, ""),
        ("module {} loc(", 1, 11, "no end"),
        (
            '{-# dialect_resources: { builtin: {\n  w: "0xzz" } } #-}\nmodule {}',
            2,
            3,
            "resource w must be a string of hexadecimal digits",
        ),
        ('{-# dialect_resources: { builtin: { w: "0x03000000" } } #-}', 1, 37, "power of two"),
        ('{-# dialect_resources: { builtin: { w: "0x040000" } } #-}', 1, 37, "4 bytes"),
        ('{-# dialect_resources: { a: { w: "0x04000000" } } #-}', 1, 31, "unknown dialect"),
    ],
)
def test_what_cannot_be_read_is_one_error_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(ReadError) as caught:
        parse_module(text, "a.mlir")
    error = caught.value
    assert (error.line, error.column) == (line, column), str(error)
    assert message in str(error)
    assert str(error).startswith(f"a.mlir:{line}:{column}: error: ")
    assert str(error).endswith("^")
    assert check_module(text, "a.mlir") == [error.diagnostic]


@pytest.mark.parametrize(
    "text",
    [
        "module {" * 5000,
        f"module attributes {{a = {'[' * 5000}",
        f"module attributes {{a = dense<{'[' * 5000}1{']' * 5000}> : tensor<1xi32>}} {{}}",
        f"func.func @f(%x: {'tuple<' * 5000}",
    ],
)
def test_nesting_without_end_is_an_error_too(text: str) -> None:
    with pytest.raises(ReadError, match="nested too deeply"):
        parse_module(text)


def test_bytes_are_decoded_and_their_faults_located() -> None:
    text = program([T], f"stablehlo.abs %0 : {T}")
    assert our_text(text) == our_text(text)
    assert parse_module(text.encode()).source.text == text
    with pytest.raises(ReadError, match="byte 0xff is not UTF-8") as caught:
        parse_module(b"module {\n  // \xff\n}")
    assert (caught.value.line, caught.value.column) == (2, 6)


def test_module_attributes_belong_to_a_dialect() -> None:
    (fault,) = check_module("module @m attributes {a.b, c} {}")
    assert fault.message == "builtin.module: the attribute c needs a dialect's name before it"


def test_a_use_before_the_definition_is_a_fault() -> None:
    text = f"""func.func @f(%x: {T}) {{
      %0 = stablehlo.abs %1 : {T}
      %1 = stablehlo.while(%i = %x) : {T} cond {{
        %c = stablehlo.constant dense<true> : tensor<i1>
        stablehlo.return %c : tensor<i1>
      }} do {{
        stablehlo.return %1 : {T}
      }}
      return
    }}"""
    assert [(fault.line, fault.message) for fault in check_module(text)] == [
        (2, "stablehlo.abs: operand 0 is used before it is defined"),
        (7, "stablehlo.return: operand 0 is used before it is defined"),
    ]


def test_a_long_line_is_shown_around_the_fault() -> None:
    source = SourceText("a", f"{'x' * 500}\t?{'y' * 500}")
    shown, caret = source.diagnostic(501, "here").snippet.splitlines()
    assert shown[caret.index("^")] == "?"
    assert len(shown) < 130


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_program_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PROGRAM) - 1))
    end = data.draw(st.integers(start, min(len(PROGRAM), start + 12)))
    inserted = data.draw(st.text(alphabet='%@#!^{}()<>[]:,=-"x1. \n', max_size=6))
    for fault in check_module(PROGRAM[:start] + inserted + PROGRAM[end:]):
        assert fault.message
        assert fault.line >= 1
        assert fault.column >= 1


def attribute(text: str, before: str = "") -> str:
    return f"{before}func.func @f() attributes {{a.b = {text}}} {{\n  return\n}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            attribute(f"tensor<{'1x' * 2050}f32>"),
            "1:42: error: a shape of more than 4096 characters",
        ),
        (
            f"func.func @f(%{'1' * 4001}: i32) {{\n  return\n}}\n",
            "1:14: error: a number of more than",
        ),
        (
            attribute("#a", f"#a = [{', '.join(['unit'] * 8192)}]\n"),
            "1:1: error: an alias for more than 16384 tokens, or numbers for 8",
        ),
        (
            attribute("dense<1> : tensor<2xi65>"),
            "1:45: error: a dense literal cannot hold this: i65 has more than 64 bits",
        ),
    ],
)
def test_what_upstream_reads_and_we_do_not_is_told(text: str, message: str) -> None:
    (fault,) = map(str, check_module(text))
    assert message in fault
    assert upstream_text(text)


@pytest.mark.parametrize(
    ("limit", "most", "right", "wrong"),
    [
        ("module_parser.MOST_TOKENS", 40, "[1 : i8, 2 : i8]", "[1 : i8, 2 : i8, 3 : i8]"),
        ("dense_parser._MOST_LISTED", 8, "dense<[[1, 2]]> : tensor<1x2xi32>",
         "dense<[[1, 2, 3]]> : tensor<1x3xi32>"),
    ],
)  # fmt: skip
def test_limits_hold_for_what_is_more(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, right: str, wrong: str
) -> None:
    """Limits of millions; here they are smaller."""
    monkeypatch.setattr(f"dialects.{limit}", most)
    assert check_module(attribute(right)) == []
    (fault,) = check_module(attribute(wrong))
    assert "too long" in fault.message or "a list of more than" in fault.message
    assert wrong in upstream_text(attribute(wrong))


def test_an_empty_block_is_a_fault_of_its_operation() -> None:
    text = '"func.func"() <{sym_name = "f", function_type = () -> ()}> ({\n^bb0:\n}) : () -> ()'
    (fault,) = map(str, check_module(text))
    assert "1:1: error: func.func: a block is empty, but must end in a terminator" in fault
    with pytest.raises(ir.MLIRError, match="empty block: expect at least a terminator"):
        upstream_text(text)
