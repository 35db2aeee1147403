"""The catalogue reaches every operation, and upstream prints what it records unchanged."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.dialects.builtin import DYNAMIC_INDEX, TensorType
from xdsl.ir import Attribute

import irkit
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.bounds import bounds
from dialects.stablehlo.registry import OPERATIONS
from irkit import Builder, Value, hlo
from irkit.testing.catalogue import (
    KINDS,
    NEWER,
    REGIONS,
    collectives,
    comparison,
    contraction,
    conversion,
    convolution,
    dynamic,
    elementwise,
    indexing,
    legacy,
    numerics,
    quantization,
    reduction,
    shape,
    slicing,
    values,
)
from irkit.testing.drawing import Drawing
from irkit.testing.elements import DTYPES
from irkit.testing.picks import Picks
from irkit.testing.program import PrivateFunction, Program
from irkit.testing.step import Step
from irkit.testing.type_facts import dtype_of
from tests.witness import iree, upstream

VECTORS = 30
"""Random picks of each kind that are tried."""

ARGUMENTS = (((2, 3), "f32"), ((), "i32"), ((3,), "complex<f32>"))
FUNCTION = PrivateFunction((((2, 3), "f32"),), (Step("add"),), (0,))
BEFORE = ("new", "convert", "dynamic_reshape", "set_dimension_size", "complex", "dynamic_iota")
"""Kinds of the steps before the one that is tried, so that there is something to read."""
INSIDE = ("add", "multiply", "compare", "negate", "convert", "new", "select")


def step(chosen: random.Random, kind: str, depth: int = 0) -> Step:
    """A step with picks of any number and size."""
    picks = tuple(chosen.randrange(1 << 16) for _ in range(chosen.choice((0, 4, 12, 40, 40))))
    inner = tuple(
        tuple(step(chosen, chosen.choice(INSIDE), 1) for _ in range(chosen.randint(0, 2)))
        for _ in range(0 if depth else REGIONS.get(kind, 0))
    )
    return Step(kind, picks, inner)


def program(kind: str, number: int) -> Program:
    """A few steps, then one of ``kind``."""
    chosen = random.Random(f"{kind} {number}")
    more = ("uniform_quantize",) if number % 5 == 0 else ()
    before = [step(chosen, chosen.choice(BEFORE + more)) for _ in range(chosen.randint(0, 4))]
    functions = (FUNCTION,) if kind in ("call", "composite") else ()
    return Program((*before, step(chosen, kind)), (0, 1), ARGUMENTS, functions)


class Found:
    """What the operations of some kinds had to do with."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.operations: Counter[str] = Counter()
        self.dtypes: defaultdict[str, set[str]] = defaultdict(set)
        self.ranks: set[int] = set()
        self.sizes: Counter[str] = Counter()

    def record(self, kind: str, forward: Callable[[Builder], Mapping[str, Value]]) -> None:
        """Records a program, which is verified, and takes note of its last operations."""
        graph = irkit.record(forward).to_compute_graph()
        for op in graph.buffered().module.walk():
            if isinstance(op, StableHLOOp):
                name = op.name.removeprefix("stablehlo.")
                self.operations[name] += 1
                if name == kind:
                    self._note(kind, (*op.operand_types, *op.result_types))
        self.texts.append((kind, graph.to_stablehlo().text))

    def _note(self, kind: str, types: Iterable[Attribute]) -> None:
        for type_ in types:
            if not isinstance(type_, TensorType):
                continue
            self.dtypes[kind].add(dtype_of(type_))
            dims = type_.get_shape()
            self.ranks.add(len(dims))
            self.sizes["zero"] += 0 in dims
            self.sizes["unit"] += 1 in dims
            self.sizes["unknown"] += DYNAMIC_INDEX in dims
            self.sizes["bounded"] += bool(bounds(type_))


def recorded(kinds: Iterable[str], count: int = VECTORS) -> Found:
    found = Found()
    for kind in kinds:
        for number in range(count):
            found.record(kind, program(kind, number))
    return found


def check_upstream(texts: Sequence[tuple[str, str]]) -> None:
    """Upstream prints every text back: jaxlib, and iree-opt what jaxlib does not know."""
    newer = [(kind, text) for kind, text in texts if kind in NEWER or "!quant." in text]
    with make_ir_context():
        for kind, text in texts:
            if (kind, text) not in newer:
                assert str(ir.Module.parse(text)) == text, kind
    if newer:
        printed = iree.printed([text for _, text in newer])
        for (kind, text), theirs in zip(newer, printed, strict=True):
            assert theirs == text, kind


@pytest.mark.parametrize("name", [cls.name.removeprefix("stablehlo.") for cls in OPERATIONS])
def test_every_operation_is_reached_by_the_kind_of_its_name(name: str) -> None:
    if name == "return":  # what ends a region
        assert recorded(["while"], 1).operations["return"] > 0
        return
    assert name in KINDS
    found = Found()
    found.record(name, Program((Step(name),), (), (), (FUNCTION,)))
    found.record(name, program(name, 0))
    assert found.operations[name] >= 2


EVERY_RANK = {0, 1, 2, 3, 4, 5}
FAMILIES: Sequence[tuple[ModuleType, int, set[int], set[str]]] = (
    (collectives, 28, EVERY_RANK, {"zero", "unit", "unknown", "bounded"}),
    (comparison, 20, EVERY_RANK, {"zero", "unit", "unknown", "bounded"}),
    (contraction, 26, EVERY_RANK, {"zero", "unit"}),
    (conversion, 28, EVERY_RANK, {"zero", "unit", "unknown", "bounded"}),
    (convolution, 22, {2, 3, 4, 5}, {"zero", "unit", "unknown"}),
    (dynamic, 26, EVERY_RANK, {"zero", "unit", "unknown", "bounded"}),
    (indexing, 20, EVERY_RANK, {"zero", "unit"}),
    (legacy, 18, {0, 1, 2, 3, 4}, {"zero", "unit", "unknown"}),
    (numerics, 22, EVERY_RANK, {"zero", "unit"}),
    (quantization, 5, EVERY_RANK, {"zero", "unit", "unknown"}),
    (reduction, 28, EVERY_RANK, {"zero", "unit"}),
    (shape, 26, EVERY_RANK, {"zero", "unit", "unknown", "bounded"}),
    (slicing, 26, EVERY_RANK, {"zero", "unit"}),
    (values, 26, EVERY_RANK, {"zero", "unit"}),
)
"""Each with how many of the 30 dtypes and which ranks and kinds of dimensions its operations must
have been given; quantization has the floats that numbers of a scale can be, and their stored form.
"""


@pytest.mark.parametrize(
    ("family", "dtypes", "ranks", "sizes"),
    FAMILIES,
    ids=[family[0].__name__.rpartition(".")[2] for family in FAMILIES],
)
def test_upstream_prints_a_family_unchanged(
    family: ModuleType, dtypes: int, ranks: set[int], sizes: set[str]
) -> None:
    found = recorded(family.GENERATORS)
    check_upstream(found.texts)
    assert len(set().union(*found.dtypes.values())) >= dtypes
    assert ranks - found.ranks == set()
    assert {name for name in sizes if not found.sizes[name]} == set()


HALVES = [sorted(elementwise.GENERATORS)[part::2] for part in range(2)]


@pytest.mark.parametrize("kinds", HALVES, ids=["even", "odd"])
def test_upstream_prints_elementwise_operations_unchanged(kinds: Sequence[str]) -> None:
    found = recorded(kinds, 20)
    check_upstream(found.texts)
    assert len(set().union(*found.dtypes.values())) >= len(DTYPES) - 2
    assert EVERY_RANK - found.ranks == set()
    for size in ("zero", "unit", "unknown", "bounded"):
        assert found.sizes[size] > 0, size
    for kind in kinds:
        assert len(found.dtypes[kind]) > 1, kind


def test_upstream_prints_what_has_structure_unchanged() -> None:
    families = [module for module, *_ in FAMILIES] + [elementwise]
    others = set(KINDS).difference(*(module.GENERATORS for module in families))
    assert {"while", "call", "send"} <= others
    check_upstream(recorded(sorted(others)).texts)


def test_kinds_that_are_not_newer_have_nothing_that_jaxlib_does_not_know() -> None:
    kinds = sorted(set(KINDS) - NEWER)
    for seed in range(10):
        text = irkit.record(Program.random(seed, 60, kinds)).to_compute_graph().to_stablehlo().text
        assert "!quant." not in text
        assert upstream.printed(text) == text


def test_upstream_can_not_read_what_it_prints_of_a_scalar_dynamic_slice() -> None:
    """Why ``dynamic_slice`` of the catalogue has a dimension at least."""

    def forward(b: Builder) -> Value:
        return hlo.dynamic_slice(b.argument("x", (), "f32"), [], [])

    text = irkit.record(forward).to_compute_graph().to_stablehlo().text
    theirs = upstream.printed(text)
    assert "dynamic_slice %arg0, , sizes = []" in theirs
    assert theirs.replace(", , ", ", ") == text
    with pytest.raises(Exception, match="expected 'sizes'"):
        upstream.printed(theirs)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 12, 64])
def test_a_shape_of_any_size_has_that_many_elements(count: int) -> None:
    chosen = random.Random(count)
    ranks: set[int] = set()
    for _ in range(100):
        picks = Picks([chosen.randrange(100) for _ in range(chosen.randint(0, 12))])
        found = shape.shape_of_size(picks, count)
        product = 1
        for size in found:
            product *= size
        assert product == count
        ranks.add(len(found))
    assert ranks == (EVERY_RANK if count == 1 else EVERY_RANK - {0})


def test_a_kind_records_the_same_for_the_same_picks() -> None:
    for kind in sorted(KINDS):
        first, second = (
            irkit.record(program(kind, 3)).to_compute_graph().to_stablehlo().text for _ in range(2)
        )
        assert first == second


def test_generators_never_look_at_more_than_their_drawing() -> None:
    """Without any picks each kind gives its simplest form, from nothing."""

    def forward(b: Builder) -> dict[str, Value]:
        d = Drawing(b)
        d.run([Step(kind) for kind in sorted(set(KINDS) - NEWER)])
        return {"x": d.output()}

    text = irkit.record(forward).to_compute_graph().to_stablehlo().text
    assert upstream.printed(text) == text
