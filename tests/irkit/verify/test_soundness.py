"""What must not be proved: pairs that differ for some inputs, some process, some implementation.

Each stands beside a pair that is nearly the same and that is proved, so that no tier is sound for
want of proofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from irkit.verify.checker import check
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.verdict import Finding, Tier, Verdict

PROOFS = (Tier.GRAPH, Tier.RULES, Tier.SMT)


def judged(folder: Path, texts: Sequence[str], tier: Tier) -> Finding:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    report = check(Pair(*files), Options(seconds=20), tiers=range(tier, tier + 1))
    return report.findings[-1]


def f(takes: str, body: str, gives: str) -> str:
    """Lines ``%name = op ...`` of StableHLO; the last one is returned, or ``%x`` for none."""
    lines = [line.replace("= ", "= stablehlo.", 1) for line in body.splitlines()]
    last = lines[-1].split(" ")[0] if lines else "%x"
    lines = [f"func.func @f({takes}) -> {gives} {{", *lines, f"return {last} : {gives}", "}\n"]
    return "\n".join(lines)


def constant(value: str, type_: str) -> str:
    return f("", f"%c = constant dense<{value}> : {type_}", type_)


def converted(value: str, source: str, target: str) -> str:
    """A number as one of another type."""
    return f(
        "",
        f"%c = constant dense<{value}> : tensor<{source}>\n"
        f"%0 = convert %c : (tensor<{source}>) -> tensor<{target}>",
        f"tensor<{target}>",
    )


def combined(op: str, left: str, right: str, type_: str = "tensor<i32>") -> str:
    """An operation on two constants."""
    return f(
        "",
        f"%a = constant dense<{left}> : {type_}\n%b = constant dense<{right}> : {type_}\n"
        f"%0 = {op} %a, %b : {type_}",
        type_,
    )


def compared(kind: str, left: str, right: str, type_: str, direction: str = "LT") -> str:
    return f(
        "",
        f"%a = constant dense<{left}> : {type_}\n%b = constant dense<{right}> : {type_}\n"
        f"%0 = compare {direction}, %a, %b, {kind} : ({type_}, {type_}) -> tensor<i1>",
        "tensor<i1>",
    )


def through(source: str, between: str, last: str = "") -> str:
    """Two conversions: there and back, if no last type is given."""
    t, u, v = (f"tensor<2x{element}>" for element in (source, between, last or source))
    body = f"%0 = convert %x : ({t}) -> {u}\n%1 = convert %0 : ({u}) -> {v}"
    return f(f"%x: {t}", body, v)


def same(source: str) -> str:
    return f(f"%x: tensor<2x{source}>", "", f"tensor<2x{source}>")


def subtracted(value: str) -> str:
    t = "tensor<2xf32>"
    return f(f"%x: {t}", f"%c = constant dense<{value}> : {t}\n%0 = subtract %x, %c : {t}", t)


IDENTITY = f("%x: tensor<2xf32>", "", "tensor<2xf32>")


def transposed(order: str, result: str) -> str:
    t = "tensor<1x2xf32>"
    return f(f"%x: {t}", f"%0 = transpose %x, dims = {order} : ({t}) -> {result}", result)


def calling(op: str, given: str = "called_computations = [@g]") -> str:
    """A custom call that is given a private function."""
    t = "tensor<2xf32>"
    call = f"%0 = custom_call @foo(%x) {{{given}}} : ({t}) -> {t}"
    return f(f"%x: {t}", call, t) + f(f"%x: {t}", f"%0 = {op} %x : {t}", t).replace(
        "@f", "private @g"
    )


def resource(digits: str) -> str:
    t = "tensor<2xf32>"
    body = f"%0 = constant dense_resource<a> : {t}\n%1 = add %x, %0 : {t}"
    blob = f'{{-#\n  dialect_resources: {{\n    builtin: {{\n      a: "0x04000000{digits}"\n'
    return f(f"%x: {t}", body, t) + blob + "    }\n  }\n#-}\n"


def process(op: str) -> str:
    return f("", f"%0 = {op} : tensor<ui32>", "tensor<ui32>")


def bits_of(op: str, operands: str, after: str, result: str) -> str:
    """``after`` sees the bits of what an operation gives."""
    t = "tensor<4xf32>"
    return f(f"%x: {t}, %y: {t}", f"%0 = {op} {operands} : {t}\n%1 = {after}", result)


BITS = "bitcast_convert %0 : (tensor<4xf32>) -> tensor<4xi32>"
TOTAL = (
    "compare LT, %0, %y, TOTALORDER : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>",
    "tensor<4xi1>",
)
NO_MANTISSA = "reduce_precision %0, format = e8m0 : tensor<4xf32>", "tensor<4xf32>"
SORT = (
    '"stablehlo.sort"(%0) ({\n^bb0(%a: tensor<f32>, %b: tensor<f32>):\n'
    "%p = stablehlo.compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>\n"
    "stablehlo.return %p : tensor<i1>\n}) : (tensor<4xf32>) -> tensor<4xf32>"
)


def sorted_sum(operands: str) -> str:
    t = "tensor<4xf32>"
    return (
        f"func.func @f(%x: {t}, %y: {t}) -> {t} {{\n%0 = stablehlo.add {operands} : {t}\n"
        f"%1 = {SORT}\nreturn %1 : {t}\n}}"
    )


def root(accuracy: str) -> str:
    t = "tensor<f32>"
    return f("", f"%c = constant dense<4.0> : {t}\n%0 = sqrt %c {accuracy}: {t}", t)


TOLERANT = (
    "{result_accuracy = #stablehlo.result_accuracy<atol = 1.0, "
    "mode = #stablehlo.result_accuracy_mode<TOLERANCE>>} "
)


def reduced(op: str, element: str, start: str = "%s", inner: str | None = None) -> str:
    """Three elements and an initial value, in an order that is up to the implementation."""
    inner = inner or element
    t, u = f"tensor<{element}>", f"tensor<{inner}>"
    zero = {"i1": "false", "i8": "0", "i32": "0"}.get(element, "0.0")
    return (
        f"func.func @f(%x: tensor<3x{element}>, %s: {t}) -> {u} {{\n"
        f"%zero = stablehlo.constant dense<{zero}> : {t}\n"
        f'%0 = "stablehlo.reduce"(%x, {start}) <{{dimensions = array<i64: 0>}}> ({{\n'
        f"^bb0(%a: {u}, %b: {u}):\n%r = stablehlo.{op} : {u}\nstablehlo.return %r : {u}\n}}) : "
        f"(tensor<3x{element}>, {t}) -> {u}\nreturn %0 : {u}\n}}"
    )


def chained(op: str, element: str, start: str = "%s") -> str:
    """The same, one after the other."""
    t, one = f"tensor<{element}>", f"tensor<1x{element}>"
    lines = [f"%v0 = reshape {start} : ({t}) -> {one}"]
    if start == "%zero":
        lines.insert(0, f"%zero = constant dense<0> : {t}")
    for i in range(3):
        lines.append(f"%s{i} = slice %x [{i}:{i + 1}] : (tensor<3x{element}>) -> {one}")
        lines.append(f"%v{i + 1} = {op} %v{i}, %s{i} : {one}")
    lines.append(f"%r = reshape %v3 : ({one}) -> {t}")
    return f(f"%x: tensor<3x{element}>, %s: {t}", "\n".join(lines), t)


def narrow_then_wide() -> str:
    """Reduced as bytes, and not as the wide numbers that they become."""
    text = reduced("add %a, %b", "i8")
    wide = "%1 = stablehlo.convert %0 : (tensor<i8>) -> tensor<i32>\nreturn %1 : tensor<i32>"
    return text.replace("return %0 : tensor<i8>", wide).replace(
        "-> tensor<i8> {", "-> tensor<i32> {"
    )


def exchanged(given: str) -> str:
    """What all processes give, where this one's condition holds; the others' may not."""
    t = "tensor<i32>"
    return f(
        f"%p: tensor<i1>, %x: {t}, %y: {t}",
        f"%0 = select %p, %x, %y : tensor<i1>, {t}\n"
        f"%1 = cross-replica-sum({given}) {{replica_groups = dense<[[0, 1]]> : "
        f"tensor<1x2xi64>}} : ({t}) -> {t}\n"
        f"%2 = select %p, %1, %x : tensor<i1>, {t}",
        t,
    ).replace("= stablehlo.cross-replica-sum", '= "stablehlo.cross-replica-sum"')


def sized(body: str, result: str = "tensor<?xi32>") -> str:
    return f("%x: tensor<?xi32>", body, result)


def two_steps() -> str:
    """A reduction whose body is more than one operation."""
    again = "%q = stablehlo.add %r, %b : tensor<i32>\nstablehlo.return %q"
    return reduced("add %a, %b", "i32", "%zero").replace("stablehlo.return %r", again)


def spread(order: str) -> str:
    """A number in a tensor of 2x3 or 3x2, of which the type does not say which."""
    t, u = "tensor<2x3xi32>", "tensor<?x?xi32>"
    body = f"%0 = broadcast_in_dim %x, dims = [] : (tensor<i32>) -> {t}\n"
    return f("%x: tensor<i32>", f"{body}%1 = transpose %0, dims = {order} : ({t}) -> {u}", u)


def broadcast(*steps: tuple[str, str]) -> str:
    """``(dimensions, result)``, one after the other, of a vector of unknown size."""
    types = ["tensor<?xi32>", *(result for _, result in steps)]
    lines = [
        f"%{i + 1} = broadcast_in_dim %{i or 'x'}, dims = {dims} : ({types[i]}) -> {result}"
        for i, (dims, result) in enumerate(steps)
    ]
    return sized("\n".join(lines), types[-1])


def sliced(*steps: tuple[str, int]) -> str:
    types = ["tensor<?xi32>", *(f"tensor<{size}xi32>" for _, size in steps)]
    lines = [
        f"%{i + 1} = slice %{i or 'x'} [{range_}] : ({types[i]}) -> {types[i + 1]}"
        for i, (range_, _) in enumerate(steps)
    ]
    return sized("\n".join(lines), types[-1])


UNEQUAL = {
    "zeros of both signs": (subtracted("[0.0, -0.0]"), IDENTITY),
    "transposes to sizes that are not told": (
        transposed("[0, 1]", "tensor<?x?xf32>"),
        transposed("[1, 0]", "tensor<?x?xf32>"),
    ),
    "private functions that a custom call is given": (calling("abs"), calling("negate")),
    "private functions that a custom call is given by name": tuple(
        calling(op, "backend_config = {g = @g}, api_version = 4 : i32") for op in ("abs", "negate")
    ),
    "resources of one name": (resource("0000803f00000040"), resource("0000803f00000041")),
    "the replica is not 0": (process("replica_id"), constant("0", "tensor<ui32>")),
    "the partition is not the replica": (process("partition_id"), process("replica_id")),
    "another process's condition": (exchanged("%0"), exchanged("%x")),
    "a quotient by zero": (combined("divide", "1", "0"), constant("-1", "tensor<i32>")),
    "a quotient that overflows": (
        combined("divide", "-2147483648", "-1"),
        constant("-2147483648", "tensor<i32>"),
    ),
    "a remainder by zero": (combined("remainder", "5", "0"), constant("5", "tensor<i32>")),
    "a negative power": (combined("power", "0", "-1"), constant("0", "tensor<i32>")),
    "an integer out of range": (
        converted("1.0e20", "f32", "i32"),
        constant("2147483647", "tensor<i32>"),
    ),
    "an integer that is NaN": (converted("0x7FC00000", "f32", "i32"), constant("0", "tensor<i32>")),
    "signs that are not compared": (
        compared("UNSIGNED", "-1", "1", "tensor<i32>"),
        constant("true", "tensor<i1>"),
    ),
    "the bits of a sum": tuple(
        bits_of("add", order, BITS, "tensor<4xi32>") for order in ("%x, %y", "%y, %x")
    ),
    "the sign of a NaN, compared": tuple(
        bits_of("add", order, *TOTAL) for order in ("%x, %y", "%y, %x")
    ),
    "the sign of a NaN that becomes infinity": tuple(
        bits_of("add", order, *NO_MANTISSA) for order in ("%x, %y", "%y, %x")
    ),
    "the sign of a NaN, sorted by": (sorted_sum("%x, %y"), sorted_sum("%y, %x")),
    "the sign of a constant NaN": (
        compared("TOTALORDER", "0x7FC00000", "0.0", "tensor<f32>"),
        compared("TOTALORDER", "0xFFC00000", "0.0", "tensor<f32>"),
    ),
    "the bits of zero by zero": (
        f(
            "",
            "%c = constant dense<0.0> : tensor<f32>\n%0 = divide %c, %c : tensor<f32>\n"
            "%1 = bitcast_convert %0 : (tensor<f32>) -> tensor<i32>",
            "tensor<i32>",
        ),
        constant("-4194304", "tensor<i32>"),
    ),
    "a root that need not be exact": (root(TOLERANT), root("")),
    "a size that must be 2": (
        sized(
            "%c = constant dense<0> : tensor<2xi32>\n"
            "%0 = add %x, %c : (tensor<?xi32>, tensor<2xi32>) -> tensor<?xi32>"
        ),
        sized(""),
    ),
    "the other way round": (sized("%0 = reverse %x, dims = [0] : tensor<?xi32>"), sized("")),
    "a broadcast of what may be one element": (
        broadcast(("[1]", "tensor<1x3xi32>")),
        sized("%0 = reshape %x : (tensor<?xi32>) -> tensor<1x3xi32>", "tensor<1x3xi32>"),
    ),
    "a broadcast of what must be one element": (
        broadcast(("[0]", "tensor<1xi32>"), ("[0]", "tensor<3xi32>")),
        broadcast(("[0]", "tensor<3xi32>")),
    ),
    "a broadcast of what was reshaped to one element": (
        sized(
            "%0 = reshape %x : (tensor<?xi32>) -> tensor<1xi32>\n"
            "%1 = broadcast_in_dim %0, dims = [0] : (tensor<1xi32>) -> tensor<3xi32>",
            "tensor<3xi32>",
        ),
        broadcast(("[0]", "tensor<3xi32>")),
    ),
    "what is spread to sizes that are not told": (spread("[0, 1]"), spread("[1, 0]")),
    "slices of what may have no end": (
        sliced(("1:9", 8), ("0:2", 2)),
        sliced(("1:3", 2)),
    ),
    "a shape that does not fit": (
        f(
            "",
            "%c = constant dense<[1, 2, 3, 4]> : tensor<4xi32>\n"
            "%n = constant dense<[3]> : tensor<1xi32>\n"
            "%s = add %n, %n : tensor<1xi32>\n"
            "%0 = dynamic_reshape %c, %s : (tensor<4xi32>, tensor<1xi32>) -> tensor<4xi32>",
            "tensor<4xi32>",
        ),
        constant("[1, 2, 3, 4]", "tensor<4xi32>"),
    ),
    "integers through fewer bits": (through("i32", "i16"), same("i32")),
    "integers through truth values": (through("i8", "i1"), same("i8")),
    "signed integers through unsigned ones": (
        through("i8", "ui16", "i32"),
        through("i8", "i16", "i32"),
    ),
    "floats through a shorter format": (through("f32", "bf16"), same("f32")),
    "floats through integers": (through("f16", "i32"), same("f16")),
    "integers through floats": (through("i32", "f32"), same("i32")),
    "zeros of a format without infinities": (
        compared("FLOAT", '"0x80"', '"0x00"', "tensor<f8E4M3FN>", "EQ"),
        constant("false", "tensor<i1>"),
    ),
    "a reduction in two steps": (two_steps(), chained("add", "i32", "%zero")),
    "numbers of two formats": (
        converted('"0x08"', "f8E4M3FN", "f32"),
        converted('"0x08"', "f8E4M3FNUZ", "f32"),
    ),
    "numbers with and without a sign": (
        converted("-1", "i8", "f8E4M3FN"),
        converted("255", "ui8", "f8E4M3FN"),
    ),
    "a negative zero is false": (
        converted("-0.0", "f8E4M3FN", "i1"),
        constant("true", "tensor<i1>"),
    ),
    "no bits are no zero": (
        converted('"0x00"', "f8E8M0FNU", "i1"),
        constant("false", "tensor<i1>"),
    ),
    "a reduction that has an order": (
        reduced("subtract %a, %b", "i32"),
        chained("subtract", "i32"),
    ),
    "a reduction of its first elements": (reduced("add %a, %a", "i32"), chained("add", "i32")),
    "a reduction that rounds": (
        reduced("add %a, %b", "f8E4M3FN"),
        chained("add", "f8E4M3FN"),
    ),
    "an initial value that is added more than once": (
        reduced("add %a, %b", "i32"),
        chained("add", "i32"),
    ),
    "a reduction of what becomes wider": (
        reduced("add %a, %b", "i8", inner="i32"),
        narrow_then_wide(),
    ),
}


@pytest.mark.parametrize("what", UNEQUAL)
def test_what_may_differ_is_proved_by_no_tier(tmp_path: Path, what: str) -> None:
    for tier in PROOFS:
        found = judged(tmp_path, UNEQUAL[what], tier)
        assert found.verdict is not Verdict.EQUAL, found.summary


EQUAL = {
    "zeros of one sign": (Tier.RULES, subtracted("[0.0, 0.0]"), IDENTITY),
    "transposes to sizes that are told": (
        Tier.RULES,
        f(
            "%x: tensor<1x2xf32>",
            "%0 = transpose %x, dims = [1, 0] : (tensor<1x2xf32>) -> tensor<2x1xf32>",
            "tensor<2x1xf32>",
        ),
        f(
            "%x: tensor<1x2xf32>",
            "%0 = reshape %x : (tensor<1x2xf32>) -> tensor<2x1xf32>",
            "tensor<2x1xf32>",
        ),
    ),
    "one function that a custom call is given": (Tier.RULES, calling("abs"), calling("abs")),
    "one resource": (
        Tier.RULES,
        resource("0000803f00000040"),
        resource("0000803f00000040").replace("%x, %0", "%0, %x"),
    ),
    "one process": (Tier.RULES, process("replica_id"), process("replica_id")),
    "a quotient": (Tier.RULES, combined("divide", "-7", "2"), constant("-3", "tensor<i32>")),
    "a remainder": (Tier.RULES, combined("remainder", "-7", "2"), constant("-1", "tensor<i32>")),
    "a quotient of floats by zero": (
        Tier.RULES,
        combined("divide", "1.0", "0.0", "tensor<f32>"),
        constant("0x7F800000", "tensor<f32>"),
    ),
    "a power": (Tier.RULES, combined("power", "3", "4"), constant("81", "tensor<i32>")),
    "an integer in range": (
        Tier.RULES,
        converted("-3.7", "f32", "i32"),
        constant("-3", "tensor<i32>"),
    ),
    "an integer as a float": (
        Tier.RULES,
        converted("3", "i32", "f32"),
        constant("3.0", "tensor<f32>"),
    ),
    "a float as a truth value": (
        Tier.RULES,
        converted("0.5", "f32", "i1"),
        constant("true", "tensor<i1>"),
    ),
    "signs that are compared": (
        Tier.RULES,
        compared("SIGNED", "-1", "1", "tensor<i32>"),
        constant("true", "tensor<i1>"),
    ),
    "the bits of what is moved": (
        Tier.RULES,
        bits_of("negate", "%x", BITS, "tensor<4xi32>"),
        bits_of("negate", "%x", BITS, "tensor<4xi32>").replace(
            "%0 = ", "%r = stablehlo.reverse %x, dims = [] : tensor<4xf32>\n%0 = "
        ),
    ),
    "what is spread, and then transposed": (
        Tier.RULES,
        sized(
            "%0 = broadcast_in_dim %x, dims = [1] : (tensor<?xi32>) -> tensor<2x3xi32>\n"
            "%1 = transpose %0, dims = [1, 0] : (tensor<2x3xi32>) -> tensor<3x2xi32>",
            "tensor<3x2xi32>",
        ),
        broadcast(("[0]", "tensor<3x2xi32>")),
    ),
    "integers through more bits": (Tier.RULES, through("i8", "i32"), same("i8")),
    "unsigned integers through signed ones": (Tier.RULES, through("ui8", "i16"), same("ui8")),
    "truth values through integers": (Tier.RULES, through("i1", "ui8"), same("i1")),
    "floats through a longer format": (Tier.RULES, through("bf16", "f32"), same("bf16")),
    "an exact root": (Tier.RULES, root(""), constant("2.0", "tensor<f32>")),
    "a reduction": (
        Tier.SMT,
        reduced("add %a, %b", "i32", "%zero"),
        chained("add", "i32", "%zero"),
    ),
    "a reduction of truth values": (
        Tier.SMT,
        reduced("add %b, %a", "i1"),
        chained("or", "i1"),
    ),
    "a greatest element": (Tier.SMT, reduced("maximum %a, %b", "i8"), chained("maximum", "i8")),
    "an unknown reduction": (
        Tier.SMT,
        reduced("subtract %a, %b", "i32"),
        reduced("subtract %a, %b", "i32").replace("%zero", "%unused"),
    ),
    "numbers of one format": (
        Tier.SMT,
        converted('"0x08"', "f8E4M3FN", "f32"),
        converted("0.015625", "f8E4M3FN", "f32"),
    ),
}


@pytest.mark.parametrize("what", EQUAL)
def test_what_is_nearly_the_same_and_equal_is_proved(tmp_path: Path, what: str) -> None:
    tier, *texts = EQUAL[what]
    found = judged(tmp_path, texts, tier)
    assert found.verdict is Verdict.EQUAL, found.summary
