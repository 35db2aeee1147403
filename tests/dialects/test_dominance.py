"""Functions of several blocks: what is visible where, and what nothing branches to."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jaxlib.mlir import ir, passmanager

from dialects.module_text import module_text
from dialects.reader import ReadError, faults, parse_module
from irkit.module_pruning import prune_module
from tests.witness import upstream as witness

T = "tensor<f32>"


@dataclass(frozen=True)
class Drawn:
    """A block: what each of its operations reads, and where it ends."""

    reads: tuple[int, ...]
    branches: tuple[int, ...]


def text_of(blocks: list[Drawn]) -> str:
    """Every operation reads a value by number; there may be no such value, or not there."""
    lines = ["module {", f"  func.func @f(%v0: {T}) -> {T} {{"]
    number = 0
    for place, block in enumerate(blocks):
        if place:
            lines.append(f"  ^bb{place}:")
        for read in block.reads:
            number += 1
            lines.append(f"    %v{number} = stablehlo.abs %v{read} : {T}")
        targets = ", ".join(f"^bb{branch}" for branch in block.branches)
        last = f'"foo.br"()[{targets}] : () -> ()' if targets else f"return %v{number} : {T}"
        lines.append(f"    {last}")
    return "\n".join([*lines, "  }", "}", ""])


@st.composite
def functions(draw: st.DrawFn) -> str:
    count = draw(st.integers(1, 6))
    sizes = [draw(st.integers(0, 3)) for _ in range(count)]
    values = sum(sizes)
    blocks: list[Drawn] = []
    first = 1
    for size in sizes:
        # Mostly what is above, so that there are valid ones among them.
        reads = [draw(st.integers(0, first + k - 1) | st.integers(0, values)) for k in range(size)]
        targets = st.lists(st.integers(1, count - 1), max_size=3) if count > 1 else st.just([])
        blocks.append(Drawn(tuple(reads), tuple(draw(targets))))
        first += size
    return text_of(blocks)


def upstream(text: str) -> tuple[str, str] | None:
    """Printed as it is and without dead code; None if it is refused."""
    with witness.context() as context:
        context.allow_unregistered_dialects = True
        try:
            module = ir.Module.parse(text)
        except ir.MLIRError:
            return None
        shown = str(module)
        passmanager.PassManager.parse("builtin.module(trivial-dce)").run(module.operation)
        return shown, str(module)


def ours(text: str) -> tuple[str, str] | None:
    """As :func:`upstream`."""
    try:
        parsed = parse_module(text, allow_unregistered=True)
    except ReadError:
        return None
    if faults(parsed):
        return None
    shown = module_text(parsed.module)
    prune_module(parsed.module)
    return shown, module_text(parsed.module)


LATER = text_of([Drawn((), (2,)), Drawn((2,), ()), Drawn((0,), (1,))])
ASIDE = text_of([Drawn((), (1, 2)), Drawn((0,), ()), Drawn((1,), ())])
JOINED = text_of([Drawn((0,), (1, 2)), Drawn((1,), (3,)), Drawn((1,), (3,)), Drawn((2,), ())])
LOOP = text_of([Drawn((0,), (1,)), Drawn((1, 2), (1, 2)), Drawn((3,), ())])
NEVER = text_of([Drawn((0,), ()), Drawn((3,), (2,)), Drawn((2, 1), (1,))])


@example(LATER)
@example(ASIDE)
@example(JOINED)
@example(LOOP)
@example(NEVER)
@given(functions())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_blocks_are_upstreams(text: str) -> None:
    """Refused by both or by neither, and printed and pruned to the same bytes."""
    assert ours(text) == upstream(text)


@pytest.mark.parametrize(
    ("text", "valid"), [(LATER, True), (ASIDE, False), (JOINED, False), (LOOP, True), (NEVER, True)]
)
def test_a_value_is_seen_where_its_block_dominates(text: str, valid: bool) -> None:
    assert (ours(text) is not None) == valid


def test_what_nothing_branches_to_goes_with_all_that_it_reads() -> None:
    found = ours(NEVER)
    assert found is not None
    assert found[1].count("stablehlo.abs") == 1


def test_what_goes_is_counted() -> None:
    text = text_of([Drawn((0, 0), ()), Drawn((4,), (2,)), Drawn((3, 1), (1,))])
    # Of the first block one, of the others all that they have.
    assert prune_module(parse_module(text, allow_unregistered=True).module) == 1 + 2 + 3


def test_many_blocks_are_no_matter() -> None:
    """A tree as deep as it can be, from whose end and beginning there are many branches."""
    count = 2_000
    chain = [Drawn((k,), (k + 1,)) for k in range(count)]
    fan = range(count + 1, 2 * count)
    chain[0] = Drawn((0,), (1, *fan))
    chain.append(Drawn((1,), tuple(fan)))
    found = ours(text_of([*chain, *(Drawn((1,), ()) for _ in fan)]))
    assert found is not None
    assert found[1].count("stablehlo.abs") == 1 + len(fan)
