"""Random forwards, valid by construction, as plain data that Hypothesis can shrink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from irkit import Builder, Value, hlo

SHAPE = (3, 4)
WEIGHTS = {
    "w": np.linspace(-1, 1, 12, dtype=np.float32).reshape(SHAPE),
    "layer.1/b 0": np.full(SHAPE, 0.5, np.float32),
    "big": np.arange(12 * 11, dtype=np.float32).reshape(132, 1)[:12, 0].reshape(SHAPE),
    "unread_7": np.zeros(SHAPE, np.float32),
}
BINARY = ("add", "multiply", "maximum", "subtract")
KINDS = (
    *BINARY,
    "negate",
    "constant",
    "array",
    "parameter",
    "reduce",
    "while",
    "if",
    "call",
    "effect",
    "sort",
    "scatter",
    "normalize",
    "random",
    "outfeed",
    "composite",
    "forget",
)


@dataclass(frozen=True)
class Step:
    """One recorded thing: its kind, and numbers that pick operands and attributes."""

    kind: str
    picks: tuple[int, int, int]


@dataclass(frozen=True)
class RandomForward:
    """Steps in scopes of a few steps each, and the values to return."""

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    scope_length: int = 4

    def __call__(self, b: Builder) -> dict[str, Value]:
        pool = [b.argument("x", SHAPE, "f32"), b.argument("y", SHAPE, "f32")]
        function = b.function("f", _function_body, [(SHAPE, "f32")] * 2)
        for start in range(0, len(self.steps), self.scope_length):
            with b.scope(f"part.{start}"):
                for step in self.steps[start : start + self.scope_length]:
                    pool += self._record(b, step, pool, function)
                    if step.kind == "forget" and len(pool) > 1:
                        del pool[step.picks[0] % len(pool)]
        return {f"out.{i}": pool[pick % len(pool)] for i, pick in enumerate(self.outputs)}

    def _record(self, b: Builder, step: Step, pool: list[Value], function) -> list[Value]:
        first, second = (pool[pick % len(pool)] for pick in step.picks[:2])
        number = step.picks[2]
        match step.kind:
            case "forget":
                return []
            case kind if kind in BINARY:
                return [getattr(hlo, kind)(first, second)]
            case "negate":
                return [hlo.negate(first)]
            case "constant":
                return [hlo.broadcast_in_dim(b.constant(number / 7), SHAPE, [])]
            case "array":
                return [b.constant(np.arange(12, dtype=np.float32).reshape(SHAPE) * number)]
            case "parameter":
                name = list(WEIGHTS)[number % len(WEIGHTS)]
                return [b.parameter(name, SHAPE, "f32")]
            case "reduce":
                total = hlo.reduce(first, b.constant(0.0), [1], ("add", "maximum")[number % 2])
                return [hlo.broadcast_in_dim(total, SHAPE, [0])]
            case "while":
                return list(_while(b, first, second, number))
            case "if":
                return [_if(b, first, second)]
            case "call":
                return list(function(first, second))
            case "effect":
                hlo.custom_call("trace", [first], result_types=[], has_side_effect=True)
                return []
            case "sort":
                return [hlo.sort(first, dimension=number % 2)]
            case "scatter":
                return [_scatter(b, first, second, number)]
            case "normalize":
                scale = b.constant(np.full(4, number, np.float32))
                return list(hlo.batch_norm_training(first, scale, scale, 0.5, 1)[:1])
            case "random":
                state = b.constant(np.array([number, 7], np.uint64))
                bits = hlo.rng_bit_generator(state, "DEFAULT", SHAPE, "f32")[1]
                hlo.rng_bit_generator(state, "PHILOX", SHAPE, "f32")
                return [hlo.add(bits, first)]
            case "outfeed":
                hlo.after_all(hlo.outfeed([first, second], hlo.create_token(b)))
                return []
            case "composite":
                inputs = (first, second)
                return list(hlo.composite(*inputs, name="my.f", decomposition=function))
            case other:
                raise AssertionError(other)


def _function_body(b: Builder, x: Value, y: Value) -> list[Value]:
    hlo.negate(x)
    return [hlo.add(x, y), b.splat(1.5, x.type)]


def _while(b: Builder, start: Value, captured: Value, number: int) -> tuple[Value, ...]:
    def condition(count: Value, value: Value) -> Value:
        hlo.add(value, captured)
        return hlo.compare(count, b.constant(3), "LT")

    def body(count: Value, value: Value) -> tuple[Value, Value]:
        hlo.negate(captured)
        inner = hlo.add(value, captured)
        if number % 2:
            inner = _if(b, inner, start)
        return hlo.add(count, b.constant(1)), inner

    return hlo.while_([b.constant(number), start], condition, body)[1:]


def _scatter(b: Builder, first: Value, second: Value, number: int) -> Value:
    def combine(old: Value, new: Value) -> Value:
        return hlo.maximum(old, new) if number % 2 else new

    return hlo.scatter(
        first,
        b.constant(np.array([[number % 3]], np.int32)),
        hlo.slice(second, [0, 0], [1, 4]),
        update_window_dims=[1],
        inserted_window_dims=[0],
        scatter_dims_to_operand_dims=[0],
        index_vector_dim=1,
        update_computation=combine,
    )


def _if(b: Builder, first: Value, second: Value) -> Value:
    zero = b.constant(0.0)
    pred = hlo.compare(hlo.reduce(first, zero, [0, 1], "add"), zero, "GT")

    def left() -> Value:
        hlo.multiply(first, second)
        return hlo.add(first, second)

    def right() -> Value:
        return second

    result = hlo.if_(pred, left, right)
    return result if isinstance(result, Value) else result[0]


def steps() -> st.SearchStrategy[Step]:
    """Any step."""
    pick = st.integers(0, 50)
    return st.builds(Step, st.sampled_from(KINDS), st.tuples(pick, pick, pick))


def forwards(longest: int = 40) -> st.SearchStrategy[RandomForward]:
    """Forwards of up to ``longest`` steps with up to four outputs, equal ones included."""
    return st.builds(
        RandomForward,
        st.lists(steps(), max_size=longest).map(tuple),
        st.lists(st.integers(0, 60), max_size=4).map(tuple),
        st.integers(1, 9),
    )
