"""Private functions, and calls of them."""

from __future__ import annotations

import pytest

from irkit import Builder, Value, hlo
from tests.irkit.refusals import SHORT, WAYS, recorded, refused, text_of
from tests.witness import upstream

HERE = __file__
PAIR = [((2,), "f32"), ((2,), "f32")]


@WAYS
def test_functions_are_defined_once_and_called_often(policy) -> None:
    ran: list[str] = []

    def swap(b: Builder, x: Value, y: Value) -> tuple[Value, Value]:
        ran.append("swap")
        hlo.negate(x)  # dead
        flag = hlo.compare(hlo.reduce(x, 0.0, [0], "add"), b.constant(0.0), "GT")
        return y, hlo.if_(flag, lambda: hlo.add(x, y), lambda: x)

    def forward(b: Builder) -> Value:
        ran.clear()
        x = b.argument("x", (2,), "f32")
        function = b.function("swap them", swap, PAIR)
        nothing = b.function("nothing", lambda _: (), [])
        assert nothing() == ()
        first, second = function(x, x)
        first, second = function(first, second)
        flag = hlo.compare(hlo.reduce(first, 0.0, [0], "add"), b.constant(0.0), "GT")
        return hlo.if_(flag, lambda: function(first, second)[1], lambda: second)

    text = text_of(forward, policy)
    assert ran == ["swap"]
    assert text == text_of(forward)
    assert upstream.printed(text) == text
    assert text.count("call @nothing") == 1  # a function may have effects: calls stay
    assert text.count('call @"swap them"') == 3
    assert "negate" not in text


@WAYS
def test_unpruned_functions_keep_what_is_dead(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        b.function("f", lambda _, y: (hlo.negate(y), y)[1], PAIR[:1])
        return x

    graph = recorded(forward, policy)
    whole, pruned = graph.to_stablehlo().text, graph.pruned_to_outputs().to_stablehlo().text
    assert "negate" in whole
    assert "negate" not in pruned
    assert upstream.without_dead_code(whole) == pruned


@WAYS
def test_what_a_function_can_not_do_is_refused(policy) -> None:
    def forward(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        b.parameter("w", (2,), "f32")

        def captures(_: Builder, y: Value) -> Value:
            with refused(HERE, "belongs to another builder"):
                hlo.add(y, x)
            return y

        def weights(inner: Builder, y: Value) -> Value:
            with refused(HERE, "parameter 'v' inside function @weights; declare it outside and"):
                inner.parameter("v")
            return y

        def nests(inner: Builder, y: Value) -> Value:
            with refused(HERE, "function @g is defined inside @nests; define it in the forward"):
                inner.function("g", lambda _, z: z, PAIR[:1])
            return y

        b.function("captures", captures, PAIR[:1])
        b.function("weights", weights, PAIR[:1])
        b.function("nests", nests, PAIR[:1])
        for name in ("main", "captures"):
            with refused(HERE, f"function @{name} is defined already"):
                b.function(name, lambda _: (), [])
        with refused(HERE, "function @w has the name of a parameter; choose another"):
            b.function("w", lambda _: (), [])
        with refused(HERE, "parameter 'nests' has the name of a function; rename the function"):
            b.parameter("nests", (), "f32")
        for name in ("", "f$"):
            with refused(HERE, "a function needs a name"):
                b.function(name, lambda _: (), [])
        with refused(HERE, "function @f: 'f8' names no StableHLO element type"):
            b.function("f", lambda _, y: y, [((2,), "f8")])
        with refused(HERE, "function @f returned NoneType; it must return a Value"):
            b.function("f", lambda _: None, [])
        with refused(HERE, "output '0' of function @f is 3, not a Value"):
            b.function("f", lambda _: [3], [])
        with refused(HERE, "belongs to another builder"):
            b.function("f", lambda _: x, [])
        with pytest.raises(LookupError):
            b.function("f", lambda _: {}["missing"], [])
        # After all that the name is free.
        return b.function("f", lambda _, y: y, PAIR[:1])(x)[0]

    text = text_of(forward, policy)
    assert upstream.printed(text) == text


def test_calls_are_checked_against_the_function() -> None:
    kept: list[object] = []

    def forward(b: Builder) -> Value:
        x, n = b.argument("x", (2,), "f32"), b.argument("n", (), "i32")
        function = b.function("f", lambda _, y, z: y, PAIR)
        kept.append(function)
        with refused(HERE, "call @f: operands (tensor<2xf32>) for arguments (tensor<2xf32>, "):
            function(x)
        with refused(HERE, "call @f: operands (tensor<2xf32>, tensor<i32>) for arguments"):
            function(x, n)
        with refused(HERE, "2.0 is no Value"):
            function(x, 2.0)
        return function(x, x)[0]

    def other(b: Builder) -> Value:
        x = b.argument("x", (2,), "f32")
        with refused(HERE, "belongs to another builder"):
            kept[0](x, x)
        return x

    recorded(forward, SHORT)
    recorded(other)
