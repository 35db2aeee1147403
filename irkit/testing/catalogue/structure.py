"""Regions, calls, effects, scopes, and dead code in every place."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute

from dialects.stablehlo.token import TokenType
from irkit import hlo
from irkit.testing.drawing import Drawing
from irkit.testing.parameters import parameter_types
from irkit.testing.type_facts import dtype_of, is_static_tensor, is_tensor
from irkit.value import Value


def while_loop(d: Drawing) -> Sequence[Value]:
    """At most three rounds over up to two carried values; ``inner`` is condition and body."""
    carried = [*_carried(d, d.picks.below(3))]
    rounds = d.picks.below(4)
    guarded = d.picks.flag()
    types: list[Attribute] = [value.type for value in carried]

    def condition(count: Value, *values: Value) -> Value:
        with d.inside():
            for value in (count, *values):
                d.add(value)
            d.run_inner(0)
            goes_on = hlo.compare(count, d.b.constant(rounds), "LT")
            return hlo.and_(goes_on, d.scalar("i1")) if guarded else goes_on

    def body(count: Value, *values: Value) -> list[Value]:
        results = d.body(1, (count, *values), types)
        return [hlo.add(count, d.b.constant(1)), *results]

    return hlo.while_([d.b.constant(0), *carried], condition, body)[1:]


def if_then_else(d: Drawing) -> Sequence[Value]:
    """Up to two results, each computed in a branch or captured."""
    types: list[Attribute] = [value.type for value in _carried(d, d.picks.below(3))]
    results = hlo.if_(d.scalar("i1"), lambda: d.body(0, (), types), lambda: d.body(1, (), types))
    return (results,) if isinstance(results, Value) else results


def case(d: Drawing) -> Sequence[Value]:
    """One to three branches."""
    types: list[Attribute] = [value.type for value in _carried(d, d.picks.below(3))]

    def branch(number: int) -> list[Value]:
        return d.body(number, (), types)

    count = d.picks.between(1, 3)
    branches = [lambda number=number: branch(number) for number in range(count)]
    results = hlo.case(d.scalar("i32"), branches)
    return (results,) if isinstance(results, Value) else results


def _carried(d: Drawing, count: int) -> Sequence[Value]:
    """Values that a region can return: tensors of any kind, and tokens."""
    found = [
        d.find(lambda v: is_tensor(v.type) or isinstance(v.type, TokenType)) for _ in range(count)
    ]
    return [d.any_value() if value is None else value for value in found]


def call(d: Drawing) -> Sequence[Value]:
    """A call of a private function, where there is one."""
    if not d.functions:
        return ()
    function = d.picks.choose(d.functions)
    return function(*(d.value_of(type_) for type_ in function.argument_types))


def composite(d: Drawing) -> Sequence[Value]:
    """A composite whose decomposition is a private function, where there is one."""
    if not d.functions:
        return ()
    function = d.picks.choose(d.functions)
    operands = [d.value_of(type_) for type_ in function.argument_types]
    attributes = {"axis": d.picks.below(3), "eps": 0.5} if d.picks.flag() else None
    return hlo.composite(
        *operands,
        name=f"my.{function.name}",
        decomposition=function,
        composite_attributes=attributes,
        version=d.picks.below(3),
    )


def trace(d: Drawing) -> Sequence[Value]:
    """A custom call with an effect, of up to two operands and up to one result."""
    operands = [d.any_value() for _ in range(d.picks.below(3))]
    results = [_shape_and_dtype(d) for _ in range(d.picks.below(2))]
    return hlo.custom_call(
        "trace", operands, result_types=results, has_side_effect=True, builder=d.b
    )


def infeed(d: Drawing) -> Sequence[Value]:
    """Up to two tensors from the host, and a token."""
    results = [_shape_and_dtype(d) for _ in range(d.picks.below(3))]
    config = d.picks.choose(("", "in"))
    return hlo.infeed(d.value_of(TokenType()), result_types=results, infeed_config=config)


def outfeed(d: Drawing) -> Value:
    """Up to two tensors to the host."""
    operands = [d.any_value() for _ in range(d.picks.below(3))]
    return hlo.outfeed(operands, d.value_of(TokenType()), d.picks.choose(("", "out")))


def send(d: Drawing) -> Value:
    """A tensor to the host or another device."""
    host = d.picks.flag()
    return hlo.send(
        [d.any_value()],
        d.value_of(TokenType()),
        channel_id=d.picks.below(4),
        channel_type=2 if host else 1,
        is_host_transfer=host,
    )


def recv(d: Drawing) -> Sequence[Value]:
    """A tensor from the host or another device."""
    host = d.picks.flag()
    return hlo.recv(
        d.value_of(TokenType()),
        result_types=[_shape_and_dtype(d)],
        channel_id=d.picks.below(4),
        channel_type=3 if host else 1,
        is_host_transfer=host,
    )


def _shape_and_dtype(d: Drawing) -> tuple[tuple[int, ...], str]:
    type_ = d.tensor_type()
    return type_.get_shape(), dtype_of(type_)


def parameter(d: Drawing) -> Value | None:
    """A parameter, used before or not; nothing where none can be declared."""
    if not d.may_declare_parameters():
        return None
    name, (shape, dtype) = d.picks.choose([*parameter_types().items()])
    return d.b.parameter(name, shape, dtype)


def new(d: Drawing) -> Value:
    """A value made of nothing."""
    return d.new(d.tensor_type())


def forget(d: Drawing) -> None:
    """Drops the only handle of a value, so that nothing later reads it."""
    if len(d.pool):
        d.pool.remove(len(d.pool) - 1 - d.picks.below(len(d.pool)))


def dead(d: Drawing) -> None:
    """Steps of whose results nothing later reads any; they may fill several chunks."""
    with d.inside(region=False):
        d.run_inner(0)


def scope(d: Drawing) -> None:
    """Steps in a scope of their own, from which values can be read later or, if dead, can not."""
    name = d.picks.choose(("inner", "layers.0", "layers.1", "a b", "x.y"))
    is_dead = d.picks.flag()
    with d.b.scope(name):
        if is_dead:
            dead(d)
        else:
            d.run_inner(0)


def partly_dead(d: Drawing) -> Value:
    """One of several results; nothing reads the others."""
    results = [_shape_and_dtype(d) for _ in range(d.picks.between(2, 4))]
    operand = d.any_value(where=lambda v: is_static_tensor(v.type))
    made = hlo.custom_call("several", [operand], result_types=results)
    return made[d.picks.below(len(made))]
