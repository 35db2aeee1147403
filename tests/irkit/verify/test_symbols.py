"""Tier 2 of what has a name in its module, and of what stands beside functions."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from xdsl.dialects import cf
from xdsl.dialects.builtin import ModuleOp, TensorType, f32, i1
from xdsl.ir import Block, Region

from dialects.func import FuncOp, ReturnOp
from dialects.reader import parse_module
from irkit.verify.checker import check
from irkit.verify.graph.module import module_digests
from irkit.verify.graph.streamed import streamed_digests
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.verdict import Tier, Verdict

T = "tensor<f32>"
DRAWN = '#flow.parameter.named<"m"::"k">'


def judged(folder: Path, left: str, right: str) -> Verdict:
    """What tiers 1 and 2 say, and the solver where they do not know."""
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    verdicts = {
        check(Pair(*files), Options(seconds=20), tiers=range(tier, tier + 1)).verdict
        for tier in (Tier.NAMES, Tier.GRAPH, Tier.RULES, Tier.SMT)
    }
    assert Verdict.DIFFERENT not in verdicts
    return Verdict.EQUAL if Verdict.EQUAL in verdicts else Verdict.UNDECIDED


def calling(**callees: str) -> str:
    """Functions of which each calls another, those of one letter private; ``-`` turns the sign."""
    texts: list[str] = []
    for name, callee in callees.items():
        visibility = "private " if len(name) == 1 else ""
        turned = f"  %1 = stablehlo.negate %0 : {T}\n" if callee.startswith("-") else ""
        texts.append(
            f"func.func {visibility}@{name}(%x: {T}) -> {T} {{\n"
            f"  %0 = func.call @{callee.removeprefix('-')}(%x) : ({T}) -> {T}\n{turned}"
            f"  return %{1 if turned else 0} : {T}\n}}\n"
        )
    return "".join(texts)


def loading(declared: str, name: str) -> str:
    return (
        f"{declared}\nfunc.func @main() -> {T} {{\n"
        f"  %0 = util.global.load @{name} : {T}\n  return %0 : {T}\n}}\n"
    )


def globals_of(how: str) -> tuple[str, str]:
    """Two modules with two globals alike, of which each reads another one."""
    declared = "\n".join(how.format(name) for name in "vw")
    return loading(declared, "v"), loading(declared, "w")


def outside(text: str) -> str:
    return f"{text}\nfunc.func @main(%x: {T}) -> {T} {{\n  return %x : {T}\n}}\n"


EFFECT = "stablehlo.custom_call @{}() {{has_side_effect = true}} : () -> ()"
NOT_EQUAL = {
    # On the left, @f and @g call each other. On the right, @h, which is @f but for its name, calls
    # an @f that turns the sign.
    "a function known by its name while it is looked at": (
        calling(first="q", main="f", q="-f", f="g", g="f"),
        calling(first="f", main="h", f="-h", h="k", k="f"),
    ),
    "a function that calls itself": (
        calling(main="f", f="f"),
        calling(main="f", f="-f"),
    ),
    "public globals that others may write": globals_of(
        f"util.global mutable @{{}} = {DRAWN} : {T}"
    ),
    "private globals that may be written": globals_of(
        f"util.global private mutable @{{}} = dense<1.0> : {T}"
    ),
    "globals that others define": globals_of(f"util.global private @{{}} : {T}"),
    "declared functions": (
        calling(main="f") + f"func.func private @f({T}) -> {T}\n",
        calling(main="g") + f"func.func private @g({T}) -> {T}\n",
    ),
    "operations without names": (outside(EFFECT.format("f")), outside(EFFECT.format("g"))),
    "the order of operations without names": (
        outside(f"{EFFECT.format('f')}\n{EFFECT.format('g')}"),
        outside(f"{EFFECT.format('g')}\n{EFFECT.format('f')}"),
    ),
    "the number of operations without names": (outside(EFFECT.format("f")), outside("")),
}

EQUAL = {
    "functions that call each other": (
        calling(main="f", f="g", g="-f"),
        calling(main="f", f="g", g="-f").replace("%0", "%9"),
    ),
    "globals that nobody may write": globals_of(f"util.global @{{}} = {DRAWN} : {T}"),
    "operations without names": (
        outside(EFFECT.format("f")),
        outside(EFFECT.format("f")).replace("%x", "%y"),
    ),
}


@pytest.mark.parametrize("what", NOT_EQUAL)
def test_another_meaning(tmp_path: Path, what: str) -> None:
    for left, right in permutations(NOT_EQUAL[what]):
        assert judged(tmp_path, left, right) is Verdict.UNDECIDED
    whole = [module_digests(parse_module(text).module) for text in NOT_EQUAL[what]]
    assert whole[0] != whole[1]


@pytest.mark.parametrize("what", EQUAL)
def test_the_same_meaning(tmp_path: Path, what: str) -> None:
    assert judged(tmp_path, *EQUAL[what]) is Verdict.EQUAL
    whole = [module_digests(parse_module(text).module) for text in EQUAL[what]]
    assert whole[0] == whole[1]
    file = tmp_path / "a.mlir"
    file.write_text(EQUAL[what][0])
    assert streamed_digests(file).other.keys() == whole[0].other.keys()


def test_what_is_not_in_the_module_is_known_by_its_name() -> None:
    text = (
        f"func.func @main(%x: {T}) -> {T} {{\n  %0 = stablehlo.negate %x {{a.b = @foo}} : {T}\n"
        f"  return %0 : {T}\n}}\n"
    )
    found = [
        module_digests(parse_module(text.replace(*names)).module)
        for names in (("%0", "%9"), ("%0", "%8"), ("@foo", "@bar"))
    ]
    assert found[0] == found[1]
    assert found[0] != found[2]


def branching(first: int, second: int) -> ModuleOp:
    """A function that goes to one of two blocks: one gives an argument back, the other another."""
    scalar = TensorType(f32, ())
    blocks = [Block(arg_types=[i1, scalar, scalar]), Block(), Block()]
    _, a, b = blocks[0].args
    condition = blocks[0].args[0]
    branch = cf.ConditionalBranchOp(condition, blocks[first], [], blocks[second], [])
    blocks[0].add_op(branch)
    for block, value in zip(blocks[1:], (a, b), strict=True):
        block.add_op(ReturnOp(operands=[[value]]))
    return ModuleOp([FuncOp.of("main", Region(blocks), [scalar])])


def test_where_a_branch_goes_counts() -> None:
    assert module_digests(branching(1, 2)) == module_digests(branching(1, 2))
    assert module_digests(branching(1, 2)) != module_digests(branching(2, 1))
