"""Unusual and hostile pairs: a tier may not know, but it neither breaks nor says what is false."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from irkit.verify.checker import check, check_pruned
from irkit.verify.files import InputError
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.report.html import html_text
from irkit.verify.report.json import json_text
from irkit.verify.report.text import diff_text, verdict_text
from irkit.verify.verdict import Tier, Verdict


def f(body: str, takes: str = "%x: tensor<2xf32>", gives: str = "tensor<2xf32>") -> str:
    return f"func.func @f({takes}) -> {gives} {{\n  {body}\n}}\n"


def unary(op: str, type_: str = "tensor<2xf32>", takes: str = "") -> str:
    body = f"%0 = stablehlo.{op} %x : {type_}\n  return %0 : {type_}"
    return f(body, takes or f"%x: {type_}", type_)


def splat(bits: str, type_: str = "tensor<2xf32>") -> str:
    return f(f"%0 = stablehlo.constant dense<{bits}> : {type_}\n  return %0 : {type_}", "", type_)


def tuple_of(op: str) -> str:
    return f(
        f"%0 = stablehlo.get_tuple_element %x[0] : (tuple<tensor<2xf32>>) -> tensor<2xf32>\n"
        f"  %1 = stablehlo.{op} %0 : tensor<2xf32>\n"
        "  %2 = stablehlo.tuple %1 : tuple<tensor<2xf32>>\n  return %2 : tuple<tensor<2xf32>>",
        "%x: tuple<tensor<2xf32>>",
        "tuple<tensor<2xf32>>",
    )


def token(op: str) -> str:
    t = "!stablehlo.token"
    return f(
        f"%0 = stablehlo.{op} %x : tensor<2xf32>\n  return %t, %0 : {t}, tensor<2xf32>",
        f"%t: {t}, %x: tensor<2xf32>",
        f"({t}, tensor<2xf32>)",
    )


def custom(name: str) -> str:
    call = f"stablehlo.custom_call @{name}(%x) : (tensor<2xf32>) -> tensor<2xf32>"
    return f(f"%0 = {call}\n  return %0 : tensor<2xf32>")


def mixed(op: str) -> str:
    return f(
        f"%0 = stablehlo.{op} %x, %y : (tensor<?xf32>, tensor<4xf32>) -> tensor<?xf32>\n"
        "  return %0 : tensor<?xf32>",
        "%x: tensor<?xf32>, %y: tensor<4xf32>",
        "tensor<?xf32>",
    )


def bits_of_nan(bits: str) -> str:
    return f(
        f"%0 = stablehlo.constant dense<{bits}> : tensor<f32>\n"
        "  %1 = stablehlo.bitcast_convert %0 : (tensor<f32>) -> tensor<i32>\n"
        "  return %1 : tensor<i32>",
        "",
        "tensor<i32>",
    )


def outfeed(value: str) -> str:
    t = "!stablehlo.token"
    return f(
        f"%0 = stablehlo.negate %x : tensor<2xf32>\n"
        f'  %1 = "stablehlo.outfeed"({value}, %t) : (tensor<2xf32>, {t}) -> {t}\n'
        "  return %x : tensor<2xf32>",
        f"%t: {t}, %x: tensor<2xf32>",
    )


IDENTITY = f("return %x : tensor<2xf32>")
TWO_BLOCKS = f(
    "return %x : tensor<2xf32>\n^bb1(%y: tensor<2xf32>):\n  %0 = stablehlo.abs %y : tensor<2xf32>\n"
    "  return %0 : tensor<2xf32>"
)
NEGATED = "%9 = stablehlo.negate %x : tensor<2xf32>\n  return"
VOID = "func.func @f() {\n  return\n}\n"
EFFECT = VOID.replace(
    "return", "stablehlo.custom_call @foo() {has_side_effect = true} : () -> ()\n  return"
)
HUGE = "tensor<1000000000000xf32>"
CALLS = "%0 = func.call @f(%x) : (tensor<2xf32>) -> tensor<2xf32>\n  return %0 : tensor<2xf32>"

DIFFERENT = {
    "an empty module": ("module {\n}\n", IDENTITY),
    "an empty file": ("", IDENTITY),
    "a module inside of a module": ("module { module @in {\n" + IDENTITY + "} }", IDENTITY),
    "attributes of an argument": (
        IDENTITY,
        IDENTITY.replace("%x: ", "%x: ", 1).replace(
            ") ->", " {tf.aliasing_output = 0 : i32}) ->", 1
        ),
    ),
    "attributes of the module": ("module {\n}", "module attributes {a.b = 2 : i32} {\n}"),
    "a private function": (IDENTITY.replace("@f", "private @f"), IDENTITY),
    "a function more": (IDENTITY, IDENTITY + IDENTITY.replace("@f", "@g")),
    "other shapes": (IDENTITY, IDENTITY.replace("2x", "3x")),
    "other kinds of arguments": (IDENTITY, f("return %x : index", "%x: index", "index")),
    "tokens": (token("abs"), token("negate")),
    "tuples": (tuple_of("abs"), tuple_of("negate")),
    "unknown dimensions": (unary("abs", "tensor<?xf32>"), unary("negate", "tensor<?xf32>")),
    "dimensions that do not fit": (mixed("add"), mixed("subtract")),
    "unknown custom calls": (custom("foo"), custom("bar")),
    "NaN and infinity": (splat("0x7FC00000"), splat("0x7F800000")),
    "infinities": (splat("0xFF800000"), splat("0x7F800000")),
    "the bits of NaN": (bits_of_nan("0x7FC00000"), bits_of_nan("0xFFC00001")),
    "constants that fit no memory": (splat("2.0", HUGE), splat("3.0", HUGE)),
    "arguments that fit no memory": (unary("abs", HUGE), unary("negate", HUGE)),
    "several blocks": (TWO_BLOCKS, unary("negate")),
    "several blocks in both": (TWO_BLOCKS, TWO_BLOCKS.replace("return %x", f"{NEGATED} %9")),
    "no results but effects": (VOID, EFFECT),
    "what is fed to the host": (outfeed("%x"), outfeed("%0")),
    "a function that calls itself": (f(CALLS), unary("abs")),
    "globals": ("util.global @w : tensor<2xf32>", "util.global @w : tensor<3xf32>"),
    "complex numbers": (
        unary("negate", "tensor<2xcomplex<f32>>"),
        unary("sqrt", "tensor<2xcomplex<f32>>"),
    ),
    "quantized numbers": (
        unary("abs", "tensor<2x!quant.uniform<i8:f32, 0.5>>"),
        unary("negate", "tensor<2x!quant.uniform<i8:f32, 0.5>>"),
    ),
}


NOT_OF_VALUES = "attributes of an argument"
"""What trials cannot see, for it changes no value."""


def pair_of(folder: Path, left: str, right: str) -> Pair:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    return Pair(*files)


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_differs_is_equal_for_no_tier(tmp_path: Path, what: str) -> None:
    options = Options(trials=3, seconds=20)
    for left, right in permutations(DIFFERENT[what]):
        pair = pair_of(tmp_path, left, right)
        report = check(pair, options, tiers=range(6))
        assert report.status in (1, 3), report.decisive
        assert json_text(report)
        assert html_text(report, 10)
        assert verdict_text(report)
        assert [*diff_text(report, 10)]
        for tier in Tier:
            alone = check(pair, options, tiers=range(tier, tier + 1), required=Tier.SMT)
            assert alone.verdict is not Verdict.EQUAL, alone.decisive
            assert alone.verdict is not Verdict.NO_DIFFERENCE or what == NOT_OF_VALUES
        assert what == "a private function" or check_pruned(pair).status in (1, 3)


EQUAL = {
    "nothing": ("", "module {\n}\n"),
    "nothing with a name": ("module @a {\n}\n", "module @b {\n}\n"),
    "a declaration that nobody uses": ("func.func private @g() -> tensor<2xf32>", ""),
    "several blocks": (TWO_BLOCKS, TWO_BLOCKS.replace("%0", "%1")),
    "a function that calls itself": (f(CALLS), f(CALLS.replace("%0", "%1"))),
    "no elements": (unary("abs", "tensor<0xf32>"), unary("negate", "tensor<0xf32>")),
}


@pytest.mark.parametrize("what", EQUAL)
def test_what_is_equal_is_different_for_no_tier(tmp_path: Path, what: str) -> None:
    options = Options(trials=3, seconds=20)
    pair = pair_of(tmp_path, *EQUAL[what])
    assert check(pair, options, required=Tier.SMT).verdict is Verdict.EQUAL
    for tier in Tier:
        alone = check(pair, options, tiers=range(tier, tier + 1))
        assert alone.verdict is not Verdict.DIFFERENT, alone.decisive


@pytest.mark.parametrize(
    "text",
    ["\x00\x01", "?", "func.func @f(", unary("no_such_op"), '"foo.bar"() : () -> ()', "\ud800"],
)
def test_what_is_no_module_is_bad_input(tmp_path: Path, text: str) -> None:
    pair = pair_of(tmp_path, IDENTITY, "")
    pair.right.write_bytes(text.encode(errors="surrogatepass"))
    for tier in (Tier.GRAPH, Tier.RULES, Tier.TRIALS, Tier.SMT):
        with pytest.raises(InputError, match=r"b\.mlir"):
            check(pair, Options(), tiers=range(tier, tier + 1))
    with pytest.raises(InputError, match=r"b\.mlir"):
        check_pruned(pair)


def test_what_is_nested_too_deeply_is_bad_input(tmp_path: Path) -> None:
    depth = 1500
    body = "\n".join(f'%{number} = "stablehlo.if"(%p) ({{' for number in range(depth))
    body += "\nstablehlo.return %x : tensor<2xf32>\n"
    body += depth * (
        "}, {\nstablehlo.return %x : tensor<2xf32>\n}) : (tensor<i1>) -> tensor<2xf32>\n"
    )
    pair = pair_of(tmp_path, f(body, "%p: tensor<i1>, %x: tensor<2xf32>"), IDENTITY)
    with pytest.raises(InputError, match="nested too deeply"):
        check(pair, Options(), tiers=range(2, 3))
