"""Tokens, tuples, barriers, constants, custom calls and asynchronous operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xdsl.dialects.builtin import TupleType

from dialects.stablehlo.attributes import CustomCallApiVersion
from dialects.stablehlo.dimension_numbers import Alias
from dialects.stablehlo.token import TokenType
from irkit import hlo
from irkit.hlo.custom_call import ConfigValue
from irkit.testing.catalogue.collectives import channel, groups, without_global_ids
from irkit.testing.catalogue.generator import Generator
from irkit.testing.catalogue.operands import plain
from irkit.testing.catalogue.slicing import ranges
from irkit.testing.drawing import Drawing
from irkit.testing.new_values import array, splat
from irkit.testing.type_facts import dtype_of, is_quantized, is_tensor
from irkit.value import Value


def create_token(d: Drawing) -> Value:
    """A token that comes after nothing."""
    return hlo.create_token(d.b)


def after_all(d: Drawing) -> Value:
    """After no tokens to three, the same one perhaps twice."""
    tokens = [d.value_of(TokenType()) for _ in range(d.picks.below(4))]
    return hlo.after_all(*tokens, builder=d.b)


def pack(d: Drawing) -> Value:
    """A tuple of up to three values: tensors, tokens, tuples."""
    parts = [_part(d) for _ in range(d.picks.below(4))]
    return hlo.tuple(parts, builder=d.b)


def _part(d: Drawing) -> Value:
    found = d.find(lambda v: is_tensor(v.type) or isinstance(v.type, TokenType | TupleType))
    return plain(d) if found is None else found


def get_tuple_element(d: Drawing) -> Value:
    """Of a tuple there is, else of a new one."""
    found = d.find(lambda v: isinstance(v.type, TupleType) and len(v.type.types) > 0)
    if found is None:
        found = hlo.tuple([_part(d)])
    return hlo.get_tuple_element(found, d.picks.below(_length(found)))


def _length(value: Value) -> int:
    return len(value.type.types) if isinstance(value.type, TupleType) else 0


def optimization_barrier(d: Drawing) -> Sequence[Value]:
    """Of one to three tensors and tokens."""
    return hlo.optimization_barrier(*(_barred(d) for _ in range(d.picks.between(1, 3))))


def _barred(d: Drawing) -> Value:
    found = d.find(
        lambda v: isinstance(v.type, TokenType) or (is_tensor(v.type) and not is_quantized(v.type))
    )
    return plain(d) if found is None else found


def constant(d: Drawing) -> Value:
    """A splat or several numbers, of any dtype and shape."""
    return d.picks.choose((splat, array))(d, d.tensor_type())


# -- custom calls ------------------------------------------------------------------------------

_CONFIGS: Sequence[str | Mapping[str, ConfigValue] | None] = (
    None,
    "",
    'a "quoted" \\ line\nand another',
    {"flag": True, "n": -3, "x": 0.5, "s": "text"},
)


def custom_call(d: Drawing) -> Sequence[Value]:
    """No operands to three, no results to three, with and without effects, layouts and aliases."""
    inputs = [plain(d) for _ in range(d.picks.below(4))]
    results = [d.tensor_type() for _ in range(d.picks.below(4))]
    aliased = bool(inputs) and d.picks.flag()
    if aliased:
        results.append(inputs[0].type)
    types = [(type_.get_shape(), dtype_of(type_)) for type_ in results]
    place = (len(results) - 1,) if len(results) > 1 else ()
    layouts = d.picks.flag()
    return hlo.custom_call(
        d.picks.choose(("target", "a.b$c", "with space", "ns::kernel<4>")),
        inputs,
        result_types=types,
        has_side_effect=d.picks.flag(),
        backend_config=(config := d.picks.choose(_CONFIGS)),
        api_version=_api_version(d, config),
        operand_layouts=[_layout(d, x.ndim) for x in inputs] if layouts else None,
        result_layouts=[_layout(d, len(shape)) for shape, _ in types] if layouts else None,
        output_operand_aliases=[Alias(place, 0, ())] if aliased else (),
        builder=d.b,
    )


def _layout(d: Drawing, rank: int) -> Sequence[int]:
    return d.picks.permutation(rank)


def _api_version(d: Drawing, config: object) -> CustomCallApiVersion | None:
    """Any that takes such a ``backend_config``."""
    if isinstance(config, Mapping):
        return None
    typed = CustomCallApiVersion.API_VERSION_TYPED_FFI
    return d.picks.choose((None, *(v for v in CustomCallApiVersion if v is not typed)))


# -- asynchronous operations -------------------------------------------------------------------


def async_start(d: Drawing) -> Sequence[Value]:
    """A collective or a slice that runs beside; its future is waited for, or not."""
    x = plain(d)
    started = hlo.async_start([x], _started(d, x))
    return [hlo.async_done(started)] if d.picks.flag() else []


def async_done(d: Drawing) -> Value:
    """What a new future gives."""
    x = plain(d)
    return hlo.async_done(hlo.async_start([x], _started(d, x)))


def _started(d: Drawing, x: Value) -> Callable[[Value], Value]:
    """An operation that gives one tensor from one."""
    found = groups(d.picks)
    given = channel(d.picks, found)
    plain = without_global_ids(given)
    starts, limits, strides = ranges(d, x.shape)
    choices: Sequence[Callable[[Value], Value]] = (
        lambda v: hlo.slice(v, starts, limits, strides),
        lambda v: _only(hlo.all_reduce([v], found, "add", **given)),
        lambda v: _only(hlo.collective_broadcast(v, replica_groups=found, **plain)),
        lambda v: hlo.collective_permute(v, [(0, 1)], **plain),
    )
    return d.picks.choose(choices)


def _only(values: Value | Sequence[Value]) -> Value:
    return values if isinstance(values, Value) else values[0]


GENERATORS: Mapping[str, Generator] = {
    "after_all": after_all,
    "async_done": async_done,
    "async_start": async_start,
    "constant": constant,
    "create_token": create_token,
    "custom_call": custom_call,
    "get_tuple_element": get_tuple_element,
    "optimization_barrier": optimization_barrier,
    "tuple": pack,
}
