"""The names of values, beside upstream's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import our_text, upstream_text

from dialects.naming import Names, name_values
from dialects.reader import parse_module

Statement: TypeAlias = tuple
F, P = "tensor<f32>", "tensor<i1>"


def flat() -> st.SearchStrategy[list[Statement]]:
    simple = st.sampled_from([("float",), ("bool",), ("number",), ("add",), ("pair",)])
    return st.lists(simple, max_size=4)


def nested(inner: st.SearchStrategy[list[Statement]]) -> st.SearchStrategy[list[Statement]]:
    statement = st.one_of(
        st.sampled_from([("float",), ("bool",), ("add",), ("pair",)]),
        st.tuples(st.just("while"), st.integers(1, 2), inner, inner),
        st.tuples(st.just("if"), st.integers(0, 2), inner, inner),
        st.tuples(st.just("reduce"), inner),
        st.tuples(st.just("sort"), inner),
    )
    return st.lists(statement, max_size=4)


BODIES = st.recursive(flat(), nested, max_leaves=12)


def lines(body: list[Statement], fresh: Iterator[int]) -> list[str]:
    """The statements as text, every value with a name of its own."""
    out: list[str] = []
    for kind, *rest in body:
        name = f"%v{next(fresh)}"
        match kind:
            case "float":
                out.append(f"{name} = stablehlo.constant dense<1.0> : {F}")
            case "bool":
                out.append(f"{name} = stablehlo.constant dense<true> : {P}")
            case "number":
                out.append(f"{name} = stablehlo.constant dense<(1.0, 2.0)> : tensor<complex<f32>>")
            case "add":
                out.append(f"{name} = stablehlo.add %x, %x : {F}")
            case "pair":
                out.append(f"{name}:2 = stablehlo.optimization_barrier %x, %p : {F}, {P}")
            case "while":
                carried, cond, do = rest
                names = [f"%i{next(fresh)}" for _ in range(carried)]
                bound = ", ".join(f"{n} = %x" for n in names)
                types = ", ".join([F] * carried)
                out += [
                    f"{name}:{carried} = stablehlo.while({bound}) : {types}",
                    *("cond {", *lines(cond, fresh), f"stablehlo.return %p : {P} }} do {{"),
                    *(*lines(do, fresh), f"stablehlo.return {', '.join(names)} : {types} }}"),
                ]
            case "if":
                results, *branches = rest
                values, types = ", ".join(["%x"] * results), ", ".join([F] * results)
                end = f"stablehlo.return {values} : {types}" if results else "stablehlo.return"
                out += [
                    f"{name}:{results} = " * bool(results) + '"stablehlo.if"(%p) ({',
                    *(*lines(branches[0], fresh), end, "}, {"),
                    *(*lines(branches[1], fresh), end, f"}}) : ({P}) -> ({types})"),
                ]
            case _:
                a, b = f"%a{next(fresh)}", f"%a{next(fresh)}"
                reduces = kind == "reduce"
                op = '"stablehlo.reduce"(%t, %x)' if reduces else '"stablehlo.sort"(%t)'
                dims = "{dimensions = array<i64: 0>}" if reduces else "{}"
                types = (
                    f"(tensor<4xf32>, {F}) -> {F}"
                    if reduces
                    else "(tensor<4xf32>) -> tensor<4xf32>"
                )
                end = f"stablehlo.return {a} : {F}" if reduces else f"stablehlo.return %p : {P}"
                out += [
                    f"{name} = {op} ({{ ^bb0({a}: {F}, {b}: {F}):",
                    *(*lines(rest[0], fresh), end, f"}}) {dims} : {types}"),
                ]
    return out


def function(body: list[Statement]) -> str:
    inner = "\n".join(lines(body, count()))
    return f"func.func @f(%x: {F}, %p: {P}, %t: tensor<4xf32>) {{\n{inner}\nreturn\n}}\n"


@settings(max_examples=120, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=2))
def test_random_programs_get_upstreams_names(bodies: list[list[Statement]]) -> None:
    text = "".join(function(b).replace("@f", f"@f{i}") for i, b in enumerate(bodies))
    assert our_text(text) == upstream_text(text)


def test_a_region_is_named_wholly_before_those_nested_in_it() -> None:
    constant = ("float",)
    body = [("while", 2, [("bool",)], [constant, ("if", 1, [constant], [constant])]), constant]
    text = our_text(function(body))
    assert text == upstream_text(text)
    names = [line.split(" = ")[0].strip() for line in text.splitlines() if "constant" in line]
    # The function's own constant has the plain name although it stands last; the two branches,
    # siblings, start from the same counters.
    assert names == ["%c", "%cst_1", "%cst_2", "%cst_2", "%cst"]


def test_counters_can_be_given_from_outside() -> None:
    names = Names(value=3, argument=1, conflict=2, used=frozenset({"cst", "c_3"}))
    assert [names.number(), names.number()] == ["%3", "%4"]
    assert [names.next_argument(), names.suggested("cst"), names.suggested("c")] == [
        "%arg1",
        "%cst_2",
        "%c",
    ]
    # c_3 is taken, so the conflict number goes on to 4.
    assert names.suggested("c") == "%c_4"
    assert (names.value, names.argument, names.conflict) == (5, 2, 5)


def test_forks_see_the_outer_names_and_do_not_disturb_them() -> None:
    outer = Names()
    assert outer.suggested("cst") == "%cst"
    left, right = outer.fork(), outer.fork()
    assert left.suggested("cst") == right.suggested("cst") == "%cst_0"
    assert left.fork().suggested("cst_0") == "%cst_0_1"
    assert outer.suggested("cst") == "%cst_0"


@pytest.mark.parametrize("depth", [400])
def test_deep_nesting_needs_no_recursion(depth: int) -> None:
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.ir import Block, Region

    from dialects.stablehlo.control_flow import IfOp

    region = Region(Block())
    for _ in range(3 * depth):
        region = Region(Block([IfOp.create(regions=[region])]))
    assert name_values(ModuleOp(region)) == {}


def test_results_of_one_operation_share_a_number() -> None:
    parsed = parse_module(function([("pair",), ("add",)]))
    (op,) = parsed.module.body.block.ops
    assert sorted(name_values(op).values()) == ["%0#0", "%0#1", "%1", "%arg0", "%arg1", "%arg2"]
