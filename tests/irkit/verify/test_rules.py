"""Tier 3: what its rules prove, and each rule tried on random types by the interpreter."""

from __future__ import annotations

import gc
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, TensorType, i32, i64
from xdsl.ir import Attribute

from dialects.dense import dense_from_array
from dialects.element_storage import element_dtype
from irkit.interpreter.engine import Program
from irkit.types import element_type
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.rules.catalogue import EXACT_RULES, REAL_RULES
from irkit.verify.rules.conversions import widens
from irkit.verify.rules.evaluation import module_of
from irkit.verify.rules.program import TermGraph
from irkit.verify.rules.rule import Rule, alone
from irkit.verify.rules.saturation import Saturation
from irkit.verify.rules.terms import Apply, Equation, Hole, Signature, Term, apply
from irkit.verify.tiers.rules import judge
from irkit.verify.trials.inputs import trial_inputs
from irkit.verify.trials.outcome import OutputDifference, difference
from irkit.verify.verdict import Finding, Verdict

DTYPES = ("f32", "f64", "bf16", "f16", "f8E4M3FN", "f8E5M2FNUZ", "i8", "i32", "ui16", "i1", "ui4")
TRIALS = 6


def tensor(dtype: str, shape: Sequence[int]) -> TensorType[Attribute]:
    return TensorType(element_type(dtype), list(shape))


def array(values: Sequence[int]) -> Attribute:
    return DenseArrayBase.from_list(i64, list(values))


# -- random terms ------------------------------------------------------------------------------


def moves(x: Term, draw: random.Random) -> Iterator[Term]:
    """Operations on one tensor that move its elements."""
    assert isinstance(x.type, TensorType)
    shape = list(x.type.get_shape())
    type_ = x.type.element_type

    def typed(sizes: Sequence[int]) -> TensorType[Attribute]:
        return TensorType(type_, list(sizes))

    yield apply("stablehlo.reshape", typed(shape), x)
    yield apply("stablehlo.reshape", typed([math.prod(shape)]), x)
    yield apply("stablehlo.reshape", typed([1, *shape, 1]), x)
    order = draw.sample(range(len(shape)), len(shape))
    for permutation in (order, sorted(order)):
        yield apply(
            "stablehlo.transpose",
            typed([shape[d] for d in permutation]),
            x,
            properties={"permutation": array(permutation)},
        )
    wide = [*shape]
    wide.insert(draw.randint(0, len(shape)), draw.choice([1, 2]))
    dims = sorted(draw.sample(range(len(wide)), len(shape)))
    target = list(wide)
    for d, size in zip(dims, shape, strict=True):
        target[d] = draw.choice([1, 3]) if size == 1 else size
    for sizes, places in ((target, dims), (shape, list(range(len(shape))))):
        yield apply(
            "stablehlo.broadcast_in_dim",
            typed(sizes),
            x,
            properties={"broadcast_dimensions": array(places)},
        )
    chosen = [d for d in range(len(shape)) if draw.random() < 0.5]
    yield apply("stablehlo.reverse", x.type, x, properties={"dimensions": array(chosen)})
    for whole in (True, False):
        starts = [0 if whole else draw.randint(0, max(0, size - 1)) for size in shape]
        strides = [1 if whole else draw.randint(1, 2) for _ in shape]
        sizes = [
            (size - start + stride - 1) // stride
            for size, start, stride in zip(shape, starts, strides, strict=True)
        ]
        yield apply(
            "stablehlo.slice",
            typed(sizes),
            x,
            properties={
                "start_indices": array(starts),
                "limit_indices": array(shape),
                "strides": array(strides),
            },
        )
    yield apply("stablehlo.concatenate", x.type, x, properties={"dimension": IntegerAttr(0, i64)})
    nothing = array([0] * len(shape))
    yield apply(
        "stablehlo.pad",
        x.type,
        x,
        Hole("v", typed([])),
        properties={
            "edge_padding_low": nothing,
            "edge_padding_high": nothing,
            "interior_padding": nothing,
        },
    )


def constant(type_: TensorType[Attribute], number: int) -> Apply:
    values = np.full(type_.get_shape(), number).astype(element_dtype(type_.element_type))
    return apply("stablehlo.constant", type_, properties={"value": dense_from_array(values, type_)})


def arithmetic(x: Term, y: Term, dtype: str) -> Iterator[Term]:
    """Operations on two tensors of a type."""
    logical = dtype == "i1"
    integral = "i" in dtype
    names = ["add", "multiply", "maximum", "minimum"]
    names += ["and", "or", "xor"] if integral else []
    names += [] if logical else ["subtract", "divide"]
    assert isinstance(x.type, TensorType)
    for name in names:
        yield apply(f"stablehlo.{name}", x.type, x, y)
    for name in ["not"] * integral + ["negate"] * (not logical):
        yield apply(f"stablehlo.{name}", x.type, x)
    predicate = Hole("p", tensor("i1", x.type.get_shape()))
    yield apply("stablehlo.select", x.type, predicate, x, y)
    yield constant(x.type, 0)
    yield constant(x.type, 1)
    for other in DTYPES:
        yield apply("stablehlo.convert", tensor(other, x.type.get_shape()), x)


def graph_of(terms: Sequence[Term]) -> TermGraph:
    graph = TermGraph(1000)
    for term in terms:
        add(graph, term)
    return graph


def add(graph: TermGraph, term: Term) -> int:
    if isinstance(term, Hole):
        return graph.node(term)
    return graph.node(term.signature, tuple(add(graph, operand) for operand in term.operands))


def random_terms(seed: int) -> list[Term]:
    draw = random.Random(seed)
    dtype = DTYPES[seed // 2 % len(DTYPES)]
    shape = [draw.choice([1, 1, 2, 3]) for _ in range(draw.randint(1, 3))]
    x, y = Hole("x", tensor(dtype, shape)), Hole("y", tensor(dtype, shape))
    first = [*moves(x, draw)] if seed % 2 else [*arithmetic(x, y, dtype)]
    second = [
        term
        for inner in draw.sample(first, min(4, len(first)))
        for term in (moves(inner, draw) if seed % 2 else ())
    ]
    scalar = Hole("s", tensor(dtype, []))
    if seed % 2:
        spread = {"broadcast_dimensions": array([])}
        first.append(
            apply("stablehlo.broadcast_in_dim", tensor(dtype, shape), scalar, properties=spread)
        )
    else:
        pair = apply_tuple(x, y)
        second.append(
            apply(
                "stablehlo.get_tuple_element",
                x.type,
                pair,
                properties={"index": IntegerAttr(1, i32)},
            )
        )
    return [*first, *second]


def apply_tuple(x: Term, y: Term) -> Apply:
    from dialects.stablehlo.tensors import tuple_of

    return apply("stablehlo.tuple", tuple_of([x.type, y.type]), x, y)


def holes_of(term: Term) -> list[Hole]:
    if isinstance(term, Hole):
        return [term]
    return [hole for operand in term.operands for hole in holes_of(operand)]


def counterexample(equation: Equation) -> OutputDifference | None:
    """Inputs of trials for which the two sides of an equation differ."""
    sides = equation.left, equation.right
    holes = list(dict.fromkeys(hole for side in sides for hole in holes_of(side)))
    module = module_of(sides, holes)
    module.verify()
    for trial in range(TRIALS):
        inputs = trial_inputs([hole.type for hole in holes], 0, trial)
        left, right = Program(module).run("main", inputs)
        found = difference([left], [right])
        if found is not None:
            return found
    return None


@cache
def equations(rules: tuple[Rule, ...]) -> list[Equation]:
    found: dict[Equation, None] = {}
    each: Counter[str] = Counter()
    for seed in range(24):
        for equation in Saturation(graph_of(random_terms(seed)), rules).equations:
            # Enough of each, and of many types.
            if equation not in found and each[equation.rule] < seed + 2:
                found[equation] = None
                each[equation.rule] += 1
    return list(found)


@pytest.mark.parametrize("rule", [rule.name for rule in EXACT_RULES])
def test_an_exact_rule_keeps_every_bit(rule: str) -> None:
    tried = [equation for equation in equations(EXACT_RULES) if equation.rule == rule]
    assert len(tried) >= 3
    for equation in tried:
        assert counterexample(equation) is None, equation


@pytest.mark.parametrize("rule", [rule.name for rule in REAL_RULES])
def test_a_rule_of_real_numbers_is_false_of_floating_point_ones(rule: str) -> None:
    tried = [equation for equation in equations(REAL_RULES) if equation.rule == rule]
    assert any(counterexample(equation) for equation in tried)


def test_a_wrong_rule_is_caught() -> None:
    """It forgets along which dimensions."""

    def forget(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
        return x[0] if signature.type == x[0].type else None

    false = Rule("reverse-is-identity", "reverse(x) = x", alone(forget, "stablehlo.reverse"))
    found = [e for e in equations((false,)) if e.rule == false.name]
    assert found
    assert any(counterexample(equation) for equation in found)


def test_a_rule_without_an_end_is_stopped() -> None:
    """``|x| = |-x|`` has no last form: each look at a program gives it one more sign."""

    def signed(signature: Signature, x: tuple[Hole, ...]) -> Term | None:
        return apply("stablehlo.abs", signature.type, apply("stablehlo.negate", x[0].type, x[0]))

    endless = Rule("sign-of-abs", "|x| = |-x|", alone(signed, "stablehlo.abs"))
    f32 = tensor("f32", [2])
    x, y = Hole("x", f32), Hole("y", f32)

    def absolute(term: Term, signs: int) -> Term:
        for _ in range(signs):
            term = apply("stablehlo.negate", f32, term)
        return apply("stablehlo.abs", f32, term)

    graph = TermGraph(1000)
    plain, near, far, other = (
        add(graph, absolute(term, signs)) for term, signs in ((x, 0), (x, 3), (x, 100), (y, 0))
    )
    found = Saturation(graph, [endless])
    assert found.equal([(plain, near)])
    assert not found.equal([(plain, far)])
    assert not found.equal([(plain, other)])


def test_terms_that_are_no_programs_are_refused() -> None:
    f32 = tensor("f32", [2])
    x, y = Hole("x", f32), Hole("y", f32)
    total = apply("stablehlo.add", f32, x, y)
    with pytest.raises(ValueError, match="y is no argument"):
        module_of([total], [x])
    opaque = Signature("stablehlo.reduce", (f32, f32), (f32,), (), b"a region")
    with pytest.raises(ValueError, match="reduce has more than operands"):
        module_of([Apply(opaque, (x, y))], [x, y])
    with pytest.raises(ValueError, match="no_such_op"):
        module_of([apply("stablehlo.no_such_op", f32, x)], [x])


INTEGERS = ("i1", "i2", "i4", "i8", "i16", "ui2", "ui4", "ui8", "ui16")
FLOATS = ("f8E4M3FN", "f8E5M2", "f8E8M0FNU", "bf16", "f16", "f32", "f64")


@cache
def numbers_of(dtype: str) -> set[float]:
    """All numbers of a type, or what tells the long ones from shorter ones."""
    if dtype == "i1":
        return {0, 1}
    if dtype in INTEGERS:
        unsigned, bits = dtype.startswith("u"), int(dtype.lstrip("ui"))
        return set(range(2**bits)) if unsigned else set(range(-(2 ** (bits - 1)), 2 ** (bits - 1)))
    kind = element_dtype(element_type(dtype))
    if dtype in ("f32", "f64"):
        digits = 23 if dtype == "f32" else 52
        short = numbers_of("f16") | numbers_of("bf16") | numbers_of("f8E8M0FNU")
        return short | {1 + 2.0**-digits} | (numbers_of("f32") if dtype == "f64" else set())
    bits = np.arange(2 ** (8 * kind.itemsize), dtype=f"u{kind.itemsize}")
    with np.errstate(invalid="ignore"):
        numbers = bits.view(kind).astype(np.float64)
    return set(numbers[np.isfinite(numbers)].tolist())


@pytest.mark.parametrize("narrow", [*INTEGERS, *FLOATS])
def test_a_type_widens_another_if_it_has_all_of_its_numbers(narrow: str) -> None:
    numbers = numbers_of(narrow)
    for wide in (*INTEGERS, *FLOATS):
        found = widens(element_type(narrow), element_type(wide))
        if narrow in INTEGERS and wide in INTEGERS:
            assert found == (numbers <= numbers_of(wide)), wide
        elif found:
            assert numbers <= numbers_of(wide), wide
    kept = {"f16": {"f32", "f64"}, "bf16": {"f32", "f64"}, "f32": {"f64"}}.get(narrow, set())
    assert all(widens(element_type(narrow), element_type(wide)) for wide in kept)


# -- pairs of programs -------------------------------------------------------------------------


def judged(folder: Path, left: str, right: str, *, real: bool = False) -> Finding:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    return judge(Pair(*files), Options(assume_real=real))


def main(body: str, returned: str, type_: str = "tensor<2x3xf32>") -> str:
    return (
        f"func.func @main(%x: {type_}, %y: {type_}, %z: {type_}) -> {type_} {{\n"
        f"{body}\nreturn {returned} : {type_}\n}}"
    )


def test_rules_that_were_needed_are_named(tmp_path: Path) -> None:
    there = "stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>"
    back = "stablehlo.transpose %0, dims = [1, 0] : (tensor<3x2xf32>) -> tensor<2x3xf32>"
    found = judged(tmp_path, main(f"%0 = {there}\n%1 = {back}", "%1"), main("", "%x"))
    assert found.verdict is Verdict.EQUAL
    assert "transpose-of-transpose" in found.summary
    assert found.details["assume_real"] is False


def test_the_e_graph_goes_in_its_thread(tmp_path: Path) -> None:
    """Another thread, in which the cyclic collector may run, can not take it apart."""
    t = "tensor<4xi32>"
    added, other = (f"%0 = stablehlo.add {pair} : {t}" for pair in ("%x, %y", "%y, %x"))
    gc.disable()
    try:
        with ThreadPoolExecutor(1) as thread:
            left, right = main(added, "%0", t), main(other, "%0", t)
            found = thread.submit(judged, tmp_path, left, right).result()
        assert found.verdict is Verdict.EQUAL
        gc.collect()
    finally:
        gc.enable()


def test_constants_are_folded_where_they_meet(tmp_path: Path) -> None:
    t = "tensor<4xi32>"
    left = (
        f"%a = stablehlo.constant dense<3> : {t}\n%b = stablehlo.constant dense<4> : {t}\n"
        f"%0 = stablehlo.add %a, %x : {t}\n%1 = stablehlo.add %0, %b : {t}"
    )
    right = f"%a = stablehlo.constant dense<7> : {t}\n%1 = stablehlo.add %x, %a : {t}"
    found = judged(tmp_path, main(left, "%1", t), main(right, "%1", t))
    assert found.verdict is Verdict.EQUAL
    assert "constant-folding" in found.summary
    wrong = judged(tmp_path, main(left, "%1", t), main(right.replace("7", "8"), "%1", t))
    assert wrong.verdict is Verdict.UNDECIDED


def test_what_depends_on_nothing_is_folded(tmp_path: Path) -> None:
    t = "tensor<4xi32>"
    left = f"%0 = stablehlo.iota dim = 0 : {t}"
    right = f"%0 = stablehlo.constant dense<[0, 1, 2, 3]> : {t}"
    found = judged(tmp_path, main(left, "%0", t), main(right, "%0", t))
    assert found.verdict is Verdict.EQUAL
    assert found.details["rules"] == ["constant-folding"]
    wrong = judged(tmp_path, main(left, "%0", t), main(right.replace("3]", "4]"), "%0", t))
    assert wrong.verdict is Verdict.UNDECIDED


def test_real_numbers_are_assumed_only_when_asked(tmp_path: Path) -> None:
    t = "tensor<2x3xf32>"
    left = f"%0 = stablehlo.add %x, %y : {t}\n%1 = stablehlo.add %0, %z : {t}"
    right = f"%0 = stablehlo.add %y, %z : {t}\n%1 = stablehlo.add %x, %0 : {t}"
    texts = main(left, "%1"), main(right, "%1")
    assert judged(tmp_path, *texts).verdict is Verdict.UNDECIDED
    found = judged(tmp_path, *texts, real=True)
    assert found.verdict is Verdict.EQUAL
    assert "associate-real" in found.summary
    assert "real" in found.summary


def test_effects_keep_their_order(tmp_path: Path) -> None:
    call = "stablehlo.custom_call @{}(%x) {{has_side_effect = true}} : (tensor<2x3xf32>) -> ()"
    sides = (main("\n".join(call.format(name) for name in names), "%x") for names in ("fg", "gf"))
    assert judged(tmp_path, *sides).verdict is Verdict.UNDECIDED


def test_what_regions_capture_counts(tmp_path: Path) -> None:
    def program(captured: str) -> str:
        return main(
            "%p = stablehlo.constant dense<true> : tensor<i1>\n"
            '%0 = "stablehlo.if"(%p) ({\n'
            f"stablehlo.return {captured} : tensor<2x3xf32>\n}}, {{\n"
            "stablehlo.return %z : tensor<2x3xf32>\n}) : (tensor<i1>) -> tensor<2x3xf32>",
            "%0",
        )

    same = judged(tmp_path, program("%x"), program("%x").replace("%p", "%q"))
    assert same.verdict is Verdict.EQUAL
    assert judged(tmp_path, program("%x"), program("%y")).verdict is Verdict.UNDECIDED


def test_too_large_a_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("irkit.verify.tiers.rules.MOST_NODES", 100)
    lines = [f"%{n} = stablehlo.add %{n - 1}, %x : tensor<2x3xf32>" for n in range(1, 120)]
    body = "\n".join(["%0 = stablehlo.add %x, %y : tensor<2x3xf32>", *lines])
    found = judged(tmp_path, main(body, "%5"), main(body, "%6"))
    assert found.verdict is Verdict.UNDECIDED
    assert found.summary == "more than 100 operations"


def test_what_has_another_shape_than_it_says_is_not_folded(tmp_path: Path) -> None:
    """Its verifier can not know: the dimensions are computed."""
    t = "tensor<7x5xi64>"
    body = (
        "%a = stablehlo.constant dense<6> : tensor<2xi64>\n"
        "%b = stablehlo.add %a, %a : tensor<2xi64>\n"
        f"%0 = stablehlo.dynamic_iota %b, dim = 0 : (tensor<2xi64>) -> {t}"
    )
    other = body.replace("%b = stablehlo.add %a, %a", "%b = stablehlo.multiply %a, %a")
    found = judged(tmp_path, main(body, "%0", t), main(other, "%0", t))
    assert found.verdict is Verdict.UNDECIDED


def test_quantized_constants_are_not_folded(tmp_path: Path) -> None:
    type_ = "tensor<2x!quant.uniform<i8:f32, 0.5>>"
    stored = "%c = stablehlo.constant dense<1> : tensor<2xi8>\n%q = stablehlo.bitcast_convert %c : "
    left = main(
        f"{stored}(tensor<2xi8>) -> {type_}\n%0 = stablehlo.add %q, %x : {type_}", "%0", type_
    )
    right = left.replace("add %q, %x", "add %x, %q")
    assert judged(tmp_path, left, right).verdict is not Verdict.DIFFERENT
