"""Values that a program needs and does not have yet are made of nothing, if their type allows."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import DYNAMIC_INDEX, ArrayAttr, TensorType, TupleType, f32
from xdsl.ir import Attribute

import irkit
from dialects.stablehlo.bounds import bounds_encoding
from dialects.stablehlo.future import FutureType
from dialects.stablehlo.token import TokenType
from irkit import Builder, Value
from irkit.testing.drawing import Drawing
from irkit.testing.picks import Picks
from irkit.testing.type_facts import can_be_made
from irkit.types import tensor
from tests.witness import upstream

BOUNDED = TensorType(f32, [DYNAMIC_INDEX], bounds_encoding([3]))
FUTURE = FutureType.of([tensor((2,), "f32")])


def tuple_of(*types: Attribute) -> TupleType:
    return TupleType(ArrayAttr(types))


PAIR = tuple_of(tensor((2,), "f32"), TokenType())
NESTED = tuple_of(PAIR, tensor((), "i32"))


@pytest.mark.parametrize(
    ("type_", "can"),
    [
        (tensor((2,), "f32"), True),
        (TokenType(), True),
        (NESTED, True),
        (BOUNDED, False),
        (FUTURE, False),
        (tuple_of(PAIR, tuple_of(BOUNDED)), False),
    ],
)
def test_what_can_be_made_of_nothing(type_: Attribute, can: bool) -> None:
    def forward(b: Builder) -> Value:
        drawing = Drawing(b)
        value = drawing.value_of(type_)
        assert value.type == type_
        return b.argument("x", (), "f32")

    assert can_be_made(type_) is can
    if can:
        text = irkit.record(forward).to_compute_graph().to_stablehlo().text
        assert upstream.printed(text) == text
    else:
        with pytest.raises(TypeError, match=r"no value of type .* can be made of nothing"):
            irkit.record(forward).to_compute_graph().to_stablehlo()


@pytest.mark.parametrize(("pick", "found"), [(0, 1), (1, 0), (2, None), (5, None)])
def test_a_tuple_that_is_there_or_a_new_one(pick: int, found: int | None) -> None:
    """Which of two there are, the latest first, or another."""

    def forward(b: Builder) -> Value:
        drawing = Drawing(b)
        there = [drawing.new(PAIR), drawing.new(PAIR)]
        for value in there:
            drawing.add(value)
        drawing.picks = Picks([pick])
        value = drawing.value_of(PAIR)
        chosen = [number for number, known in enumerate(there) if known is value]
        assert chosen == ([] if found is None else [found])
        return b.argument("x", (), "f32")

    irkit.record(forward)


def test_of_what_cannot_be_made_there_is_always_one_to_choose() -> None:
    def forward(b: Builder) -> Value:
        drawing = Drawing(b)
        bounded = irkit.hlo.set_dimension_size(
            b.argument("x", (3,), "f32"), b.argument("n", (), "i32"), 0
        )
        drawing.add(bounded)
        for pick in range(4):
            drawing.picks = Picks([pick])
            assert drawing.value_of(bounded.type) is bounded
        return b.argument("y", (), "f32")

    irkit.record(forward)
