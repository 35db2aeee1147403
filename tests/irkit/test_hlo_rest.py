"""The functions of ``hlo`` for the operations beyond those of the models: each is recorded on both
paths, and upstream prints its text unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from xdsl.dialects.builtin import f32, i8

import irkit
from dialects.quant.storage import Storage
from dialects.quant.types import Uniform, UniformType
from dialects.stablehlo.registry import OPERATIONS
from irkit import Builder, Policy, Value, hlo
from tests.irkit.refusals import refused
from tests.witness import iree, upstream

GROUPS = [[0, 1], [2, 3]]
WITHOUT_FUNCTION = {"return": "what the callable of a region returns"}
"""Operations of the dialect without a function, and why."""

Forward = Callable[[Builder], Mapping[str, Value] | Value | list[Value]]


def vector(b: Builder, name: str = "x", *shape: int) -> Value:
    return b.argument(name, shape or (4,), "f32")


def text(forward: Forward, policy: Policy | None = None, *, prune: bool = True) -> str:
    graph = irkit.record(forward, policy=policy).to_compute_graph()
    return (graph.pruned_to_outputs() if prune else graph).to_stablehlo().text


def check(forward: Forward) -> str:
    """The text, the same on all paths and at upstream, pruned and not."""
    policies = [Policy(chunk_end="operations", operations=n) for n in (1, 3, 100)]
    for prune in (False, True):
        expected = text(forward, prune=prune)
        for policy in policies:
            assert text(forward, policy, prune=prune) == expected
        assert upstream.printed(expected) == expected
    unpruned = text(forward, prune=False)
    assert upstream.without_dead_code(unpruned) == text(forward)
    return text(forward)


def test_every_operation_has_a_function_or_a_reason() -> None:
    spelled = {
        "and": "and_",
        "cross-replica-sum": "cross_replica_sum",
        "if": "if_",
        "not": "not_",
        "or": "or_",
        "while": "while_",
    }
    names = {cls.name.removeprefix("stablehlo.") for cls in OPERATIONS}
    missing = {n for n in names if not hasattr(hlo, spelled.get(n, n))}
    assert missing == set(WITHOUT_FUNCTION)
    assert {spelled.get(n, n) for n in names - missing} == set(hlo.__all__)


# -- collectives -------------------------------------------------------------------------------


def gathers(b: Builder) -> list[Value]:
    x = vector(b)
    y = b.argument("y", (2, 4), "f32")
    both = hlo.all_gather([y, y], 1, GROUPS, channel_id=1, use_global_device_ids=True)
    return [
        hlo.all_gather(x, 0, GROUPS),
        hlo.all_gather(x, 0, GROUPS, channel_id=2, channel_type=1, group_size=4),
        *both,
    ]


def exchanges(b: Builder) -> list[Value]:
    x = b.argument("x", (2, 4), "f32")
    return [
        hlo.all_to_all(x, 1, 0, 2, GROUPS),
        hlo.collective_permute(x, [(0, 1), (1, 2)]),
        hlo.collective_permute(x, [(0, 1)], channel_id=3),
        *hlo.collective_broadcast(x, replica_groups=[[0, 1], [2, 3]], channel_id=0),
    ]


def reductions(b: Builder) -> list[Value]:
    x, y = vector(b), vector(b, "y")
    total = hlo.all_reduce([x, y], [[0, 1, 2], [3, 4]], "add", channel_id=1)
    return [
        hlo.all_reduce(x, GROUPS, "maximum"),
        hlo.all_reduce(x, GROUPS, lambda a, c: hlo.multiply(a, c)),
        *total,
        hlo.reduce_scatter(x, 0, GROUPS, "add", channel_id=1, use_global_device_ids=True),
        hlo.reduce_scatter(x, 0, GROUPS, hlo.minimum),
    ]


def ids(b: Builder) -> list[Value]:
    return [hlo.add(hlo.partition_id(b), hlo.replica_id(b))]


# -- tokens, tuples, transfers -----------------------------------------------------------------


def tokens(b: Builder) -> Value:
    first = hlo.create_token(b)
    hlo.after_all(first)
    return hlo.after_all(first, hlo.after_all(builder=b))


def tuples(b: Builder) -> list[Value]:
    x = vector(b)
    pair = hlo.tuple([x, hlo.negate(x)])
    return [hlo.get_tuple_element(pair, 1), hlo.tuple([pair, x]), hlo.tuple([], builder=b)]


def transfers(b: Builder) -> list[Value]:
    x = vector(b)
    read, token = hlo.infeed(hlo.create_token(b), result_types=[((2, 3), "f32")], layout=[[0, 1]])
    token = hlo.outfeed([x, read], token, "config")
    token = hlo.send([x], token, channel_id=1, channel_type=2, is_host_transfer=True)
    arrived, token = hlo.recv(
        token,
        result_types=[((4,), "f32")],
        channel_id=2,
        channel_type=1,
        source_target_pairs=[(0, 1)],
    )
    hlo.infeed(token, result_types=[])
    return [arrived]


def carried_token(b: Builder) -> Value:
    def condition(count: Value, token: Value) -> Value:
        return hlo.compare(count, b.constant(3), "LT")

    def body(count: Value, token: Value) -> list[Value]:
        return [hlo.add(count, b.constant(1)), hlo.outfeed([count], token)]

    return hlo.while_([b.constant(0), hlo.create_token(b)], condition, body)[1]


# -- numerics ----------------------------------------------------------------------------------


def solvers(b: Builder) -> list[Value]:
    a, c = b.argument("a", (3, 3), "f32"), b.argument("c", (3, 5), "f32")
    solved = hlo.triangular_solve(
        hlo.cholesky(a, lower=True), c, left_side=True, lower=True, transpose_a="ADJOINT"
    )
    return [solved, hlo.cholesky(a), hlo.fft(c, "RFFT", [5])]


def random_numbers(b: Builder) -> list[Value]:
    state = b.argument("state", (2,), "ui64")
    low, high = b.constant(0.0), b.constant(1.0)
    hlo.rng(low, high, [3], "NORMAL")
    state, bits = hlo.rng_bit_generator(state, "THREE_FRY", (3, 4), "ui32")
    _, more = hlo.rng_bit_generator(state, "DEFAULT", (2,), "f32")
    hlo.rng_bit_generator(state, "PHILOX", (2,), "i8")
    return [bits, more, hlo.rng(low, high, [2, 2], "UNIFORM"), hlo.add(bits, bits)]


def normalizations(b: Builder) -> list[Value]:
    x, grad = (b.argument(n, (2, 3, 4), "f32") for n in ("x", "grad"))
    one = vector(b, "one", 3)
    output, mean, variance = hlo.batch_norm_training(x, one, one, 0.001, 1)
    again, _, _ = hlo.batch_norm_training(output, one, one, -0.0, 1)
    hlo.batch_norm_training(output, one, one, 0.0, 1)
    return [
        again,
        *hlo.batch_norm_grad(x, one, mean, variance, grad, 1e-5, 1),
        hlo.batch_norm_inference(x, one, one, mean, variance, 0.5, 1),
    ]


def named_results_in_regions(b: Builder) -> list[Value]:
    state = b.argument("state", (2,), "ui64")
    outer, _ = hlo.rng_bit_generator(state, "DEFAULT", (2,), "ui64")

    def inside() -> Value:
        inner, bits = hlo.rng_bit_generator(outer, "DEFAULT", (2,), "ui64")
        return hlo.add(inner, bits)

    pred = b.argument("pred", (), "i1")
    result = hlo.if_(pred, inside, lambda: outer)
    assert isinstance(result, Value)
    return [result, hlo.rng_bit_generator(result, "DEFAULT", (2,), "ui64")[1]]


# -- scatter, map, composite -------------------------------------------------------------------


def scatters(b: Builder) -> list[Value]:
    x, updates = b.argument("x", (3, 4), "f32"), b.argument("updates", (2, 4), "f32")
    where = b.argument("where", (2, 1), "i32")
    numbers = {
        "update_window_dims": [1],
        "inserted_window_dims": [0],
        "scatter_dims_to_operand_dims": [0],
        "index_vector_dim": 1,
    }
    two = hlo.scatter(
        [x, x],
        where,
        [updates, updates],
        update_computation=lambda a, c, d, e: [hlo.add(a, d), e],
        unique_indices=True,
        **numbers,
    )
    return [
        hlo.scatter(x, where, updates, update_computation="add", **numbers),
        hlo.scatter(x, where, updates, update_computation=lambda old, new: new, **numbers),
        *two,
        hlo.select_and_scatter(
            x,
            b.argument("source", (3, 2), "f32"),
            b.constant(0.0),
            window_dimensions=[1, 2],
            window_strides=[1, 2],
            padding=[[0, 0], [0, 0]],
            select="GE",
            scatter="add",
        ),
    ]


def maps(b: Builder) -> list[Value]:
    x, y = (b.argument(n, (2, 3), "f32") for n in "xy")
    mapped = hlo.map([x, y], [0, 1], lambda a, c: hlo.add(hlo.negate(a), c))
    return [hlo.reverse(mapped, [1])]


def composites(b: Builder) -> list[Value]:
    function = b.function("decomposed", lambda _, x: hlo.negate(x), [((4,), "f32")])
    x = vector(b)
    hlo.composite(x, name="ns.unread", decomposition=function)
    (y,) = hlo.composite(
        x,
        name="my.op",
        decomposition=function,
        composite_attributes={"axis": 1, "mode": "fast", "eps": 0.5, "flag": True},
        version=2,
    )
    return [y]


# -- dynamic shapes ----------------------------------------------------------------------------


def dynamic(b: Builder) -> list[Value]:
    x = b.argument("x", (2, 3), "f32")
    shape = b.argument("shape", (2,), "i64")
    zero = b.constant(0.0)
    free = hlo.dynamic_reshape(x, shape, result_shape=[None, 2])
    steps = hlo.dynamic_iota(shape, 1, "i32", result_shape=[None, None])
    wide = hlo.dynamic_broadcast_in_dim(
        x, shape, [0, 1], result_shape=[2, None], known_nonexpanding_dimensions=[0]
    )
    padded = hlo.dynamic_pad(x, zero, shape, shape, shape, result_shape=[None, None])
    cut = hlo.real_dynamic_slice(x, shape, shape, shape, result_shape=[None, 3])
    size = hlo.get_dimension_size(free, 0)
    return [free, steps, wide, padded, cut, size]


def dynamic_windows(b: Builder) -> list[Value]:
    image, kernel = b.argument("image", (1, 8, 2), "f32"), b.argument("kernel", (3, 2, 4), "f32")
    padding = b.argument("padding", (1, 2), "i64")
    convolved = hlo.dynamic_conv(
        image,
        kernel,
        padding,
        result_shape=[1, None, 4],
        input_batch_dimension=0,
        input_feature_dimension=2,
        input_spatial_dimensions=[1],
        kernel_input_feature_dimension=1,
        kernel_output_feature_dimension=2,
        kernel_spatial_dimensions=[0],
        output_batch_dimension=0,
        output_feature_dimension=2,
        output_spatial_dimensions=[1],
        window_strides=[1],
    )
    gathered = hlo.dynamic_gather(
        image,
        b.argument("where", (5, 3), "i32"),
        b.constant(np.array([1, 2, 2], np.int32)),
        offset_dims=[1, 2],
        collapsed_slice_dims=[0],
        start_index_map=[0, 1, 2],
        index_vector_dim=1,
    )
    return [convolved, gathered]


def sizes_at_run_time(b: Builder) -> list[Value]:
    """What changes elements keeps dimensions that are not known, and their bounds."""
    x, shape = b.argument("x", (2, 3), "f32"), b.argument("shape", (2,), "i64")
    free = hlo.dynamic_reshape(x, shape, result_shape=[None, 3])
    bounded = hlo.set_dimension_size(x, b.argument("size", (), "i32"), 1)
    halves = [hlo.bitcast_convert(value, "bf16") for value in (free, bounded)]
    made = [
        *(hlo.convert(value, "f8E5M2") for value in (free, bounded)),
        *halves,
        *(hlo.bitcast_convert(value, "i32") for value in (*halves, free)),
        hlo.convert(hlo.compare(free, free, "NE"), "i8"),
    ]
    shapes = [str(value.type).removeprefix("tensor<") for value in made]
    assert shapes[:4] == [
        "?x3xf8E5M2>",
        "2x?xf8E5M2, #stablehlo.bounds<?, 3>>",
        "?x3x2xbf16>",
        "2x?x2xbf16, #stablehlo.bounds<?, 3, ?>>",
    ]
    assert shapes[4:] == ["?x3xi32>", "2x?xi32, #stablehlo.bounds<?, 3>>", "?x3xi32>", "?x3xi8>"]
    return made


@pytest.mark.parametrize(
    "forward",
    [
        sizes_at_run_time,
        gathers,
        exchanges,
        reductions,
        ids,
        tokens,
        tuples,
        transfers,
        carried_token,
        solvers,
        random_numbers,
        normalizations,
        named_results_in_regions,
        scatters,
        maps,
        composites,
        dynamic,
        dynamic_windows,
    ],
)
def test_all_paths_and_upstream_agree(forward: Forward) -> None:
    def numbered(b: Builder) -> Mapping[str, Value]:
        found = forward(b)
        values = [found] if isinstance(found, Value) else list(found)
        return {f"out{i}": value for i, value in enumerate(values)}

    check(numbered)


def test_quantized_elements() -> None:
    element = UniformType(Uniform(Storage(i8, True, -128, 127), f32, (0.1,), (5,)))

    def forward(b: Builder) -> Value:
        x = hlo.uniform_quantize(vector(b), element)
        return hlo.uniform_dequantize(hlo.add(x, x))

    expected = text(forward)
    assert "!quant.uniform<i8:f32, 1.000000e-01:5>" in expected
    assert text(forward, Policy(chunk_end="operations", operations=1)) == expected
    assert iree.printed([expected]) == [expected]


def test_the_quantization_dimension_moves_with_its_slices() -> None:
    storage = Storage(i8, True, -128, 127)
    three = UniformType(Uniform(storage, f32, (0.5, 0.25, 2.0), (0, 1, 2), 1))
    one = UniformType(Uniform(storage, f32, (0.5,), (3,), 0))
    whole = UniformType(Uniform(storage, f32, (0.5,), (3,)))

    def forward(b: Builder) -> Mapping[str, Value]:
        x = hlo.uniform_quantize(b.argument("x", (2, 3), "f32"), three)
        y = hlo.uniform_quantize(b.argument("y", (1,), "f32"), one)
        sizes = b.constant(np.array([4, 3, 2]))
        return {
            "reshape": hlo.reshape(x, [1, 2, 3]),
            "broadcast": hlo.broadcast_in_dim(x, [3, 4, 2], [2, 0]),
            "repeat": hlo.broadcast_in_dim(y, [4, 2], [1]),
            "dynamic": hlo.dynamic_broadcast_in_dim(x, sizes, [2, 1], result_shape=[None, 3, 2]),
            "free": hlo.dynamic_reshape(x, b.constant(np.array([2, 1, 3])), result_shape=[2, 1, 3]),
            "bounded": hlo.uniform_quantize(
                hlo.set_dimension_size(b.argument("z", (2,), "f32"), b.constant(1), 0), whole
            ),
        }

    def refusals(b: Builder) -> Value:
        x = hlo.uniform_quantize(b.argument("x", (2, 3), "f32"), three)
        with refused(__file__, "stablehlo.reshape"):
            hlo.reshape(x, [6])
        with refused(__file__, "stablehlo.broadcast_in_dim"):
            hlo.broadcast_in_dim(x, [2, 3], [0, 2])
        return hlo.uniform_dequantize(x)

    expected = text(forward)
    scales = "{5.000000e-01,2.500000e-01:1,2.000000e+00:2}"
    assert f"tensor<1x2x3x!quant.uniform<i8:f32:2, {scales}>>" in expected
    assert f"tensor<3x4x2x!quant.uniform<i8:f32:0, {scales}>>" in expected
    assert "4x2x!quant.uniform<i8:f32:1, {5.000000e-01:3,5.000000e-01:3}>" in expected
    assert f"tensor<?x3x2x!quant.uniform<i8:f32:1, {scales}>>" in expected
    assert f"tensor<2x1x3x!quant.uniform<i8:f32:2, {scales}>>" in expected
    assert "tensor<?x!quant.uniform<i8:f32, 5.000000e-01:3>, #stablehlo.bounds<2>>" in expected
    assert iree.printed([expected]) == [expected]
    text(refusals)


# -- what is refused ---------------------------------------------------------------------------


def test_a_token_has_no_shape() -> None:
    def forward(b: Builder) -> Value:
        token = hlo.create_token(b)
        with refused(__file__, "is no tensor", error=TypeError):
            assert token.shape
        for operation in (lambda: token + 1.0, lambda: 2.0 * token, lambda: token / token):
            with refused(__file__, "is no tensor", error=TypeError):
                operation()
        with refused(__file__, "stablehlo.add"):
            hlo.add(token, token)
        return token

    text(forward)


def test_a_number_is_no_constant_of_unknown_size() -> None:
    def forward(b: Builder) -> Value:
        x, shape = vector(b), b.argument("shape", (1,), "i64")
        free = hlo.dynamic_reshape(x, shape, result_shape=[None])
        with refused(__file__, "2.0", "tensor<?xf32>", "hlo.dynamic_broadcast_in_dim"):
            free * 2.0
        with refused(__file__, "tensor<?xf32>"):
            b.splat(1.0, free.type)
        return x

    text(forward)


def test_what_no_operation_can_be_made_of() -> None:
    def forward(b: Builder) -> Value:
        x = vector(b)
        function = b.function("f", lambda _, y: y, [((3,), "f32")])
        with refused(__file__, "group_size"):
            hlo.all_gather(x, 0, GROUPS, channel_id=1)
        with refused(__file__, "(C8)"):
            hlo.reduce_scatter(x, 0, [[0, 1, 2]], "add")
        with refused(__file__, "must be pairs"):
            hlo.collective_permute(x, [[0, 1, 2]])
        with refused(__file__, "FFT, IFFT, RFFT, IRFFT"):
            hlo.fft(x, "DCT", [4])
        with refused(__file__, "@f"):
            hlo.composite(x, name="a.b", decomposition=function)
        with refused(__file__, "negative dimension -2"):
            hlo.dynamic_reshape(x, b.constant(np.array([4])), result_shape=[-2])
        with refused(__file__, "(C1)"):
            hlo.get_tuple_element(hlo.tuple([x]), 1)
        return x

    text(forward)


def test_effects_are_kept_and_what_nobody_reads_is_not() -> None:
    shown = text(lambda b: {"x": transfers(b)[0]})
    assert shown.count('"stablehlo.infeed"') == 2
    shown = text(lambda b: {"x": random_numbers(b)[0]})
    assert shown.count("stablehlo.rng ") == 2
    assert shown.count("stablehlo.rng_bit_generator") == 1
