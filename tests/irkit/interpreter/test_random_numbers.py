"""``rng_bit_generator`` bit for bit beside XLA, and the distributions of ``rng``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irkit.interpreter import EvaluationError, run, run_parallel
from irkit.interpreter.ops.random_numbers import normal, uniform
from irkit.interpreter.random_bits import philox_bits, threefry_2x32, threefry_bits
from tests.irkit.interpreter.one_operation import Array, program, type_text
from tests.witness.xla import compiled

WORDS = [(shape, np.uint32) for shape in ((), (7,), (8,), (3, 5), (3, 4, 5), (2, 0, 3))]
OTHERS = [((3, 5), np.uint64), ((5, 3, 3), np.uint16), ((7,), np.uint8)]
CASES: dict[tuple[str, tuple[int, ...]], Any] = {
    ("THREE_FRY", (1, 4)): WORDS + OTHERS,
    ("THREE_FRY", (2**64 - 3, 2**64 - 2)): OTHERS[:2],
    ("PHILOX", (5, 2**64 - 1)): WORDS + OTHERS,
    ("PHILOX", (5, 2**64 - 1, 2**64 - 1)): OTHERS[:2],
    ("DEFAULT", (7, 8)): OTHERS[:1],
}


def generator(algorithm: str, state: Array, results: list[str]) -> str:
    operation = (
        '"stablehlo.rng_bit_generator"({args}) '
        f"<{{rng_algorithm = #stablehlo<rng_algorithm {algorithm}>}}>"
    )
    return program(operation, [state], [type_text(state.shape, state.dtype), *results])


@pytest.mark.parametrize(("algorithm", "numbers"), CASES)
def test_bits_and_state_are_xlas(algorithm: str, numbers: tuple[int, ...]) -> None:
    state = np.array(numbers, np.uint64)
    generate = threefry_bits if algorithm == "THREE_FRY" else philox_bits
    cases = CASES[algorithm, numbers]
    # One program of many operations is compiled faster than many programs.
    lines: list[str] = []
    types: list[str] = []
    for number, (shape, dtype) in enumerate(cases):
        result = type_text(shape, dtype)
        types += [f"tensor<{len(numbers)}xui64>", result]
        lines.append(
            f"  %s{number}, %b{number} = stablehlo.rng_bit_generator %arg0, algorithm = "
            f"{algorithm} : ({types[-2]}) -> ({types[-2]}, {result})"
        )
    names = ", ".join(f"%s{i}, %b{i}" for i in range(len(cases)))
    outputs = ", ".join(types)
    text = (
        f"func.func @main(%arg0: tensor<{len(numbers)}xui64>) -> ({outputs}) {{\n"
        + "\n".join(lines)
        + f"\n  func.return {names} : {outputs}\n}}"
    )
    expected = compiled(text, state)
    for ours, theirs in zip(run(text, [state]), expected, strict=True):
        assert isinstance(ours, np.ndarray)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    for index, (shape, dtype) in enumerate(cases):
        after, bits = generate(state, shape, np.dtype(dtype))
        np.testing.assert_array_equal(after, expected[2 * index])
        np.testing.assert_array_equal(bits, expected[2 * index + 1])


def test_threefry_is_the_papers() -> None:
    """The vectors that the authors publish with their library Random123."""
    words = [np.array([word], np.uint32) for word in (0, 0xFFFFFFFF)]
    first = threefry_2x32([words[0]] * 2, [words[0]] * 2)
    second = threefry_2x32([words[1]] * 2, [words[1]] * 2)
    assert [hex(int(word[0])) for word in first] == ["0x6b200159", "0x99ba4efe"]
    assert [hex(int(word[0])) for word in second] == ["0x1cb996fc", "0xbb002be7"]


@pytest.mark.parametrize("algorithm", ["THREE_FRY", "PHILOX"])
def test_elements_of_other_types_have_the_bits_of_unsigned_ones(algorithm: str) -> None:
    state = np.array([1, 2], np.uint64)
    for dtype, unsigned in ((np.float32, np.uint32), (np.int64, np.uint64), (np.int8, np.uint8)):
        results = [
            run(generator(algorithm, state, [type_text((9,), wanted)]), [state])[1]
            for wanted in (dtype, unsigned)
        ]
        assert np.asarray(results[0]).view(unsigned).tolist() == np.asarray(results[1]).tolist()


def test_a_state_that_no_algorithm_has_is_an_error() -> None:
    state = np.array([1, 2, 3, 4], np.uint64)
    text = generator("DEFAULT", state, ["tensor<2xui32>"])
    with pytest.raises(EvaluationError, match="DEFAULT takes a state of 2 or 3 ui64, got tensor"):
        run(text, [state])


# -- rng ---------------------------------------------------------------------------------------


def rng(kind: str, a: Any, b: Any, dtype: Any, count: int) -> str:
    type_ = type_text((), dtype)
    return (
        f"func.func @main() -> ({type_text((count,), dtype)}, {type_text((count,), dtype)}) {{\n"
        f"  %a = stablehlo.constant dense<{a}> : {type_}\n"
        f"  %b = stablehlo.constant dense<{b}> : {type_}\n"
        f"  %n = stablehlo.constant dense<{count}> : tensor<1xi64>\n"
        + "".join(
            f"  %{i} = stablehlo.rng %a, %b, %n, distribution = {kind} : "
            f"({type_}, {type_}, tensor<1xi64>) -> {type_text((count,), dtype)}\n"
            for i in range(2)
        )
        + f"  func.return %0, %1 : {type_text((count,), dtype)}, {type_text((count,), dtype)}\n}}"
    )


def test_normal_numbers_have_their_mean_and_deviation() -> None:
    first, second = map(np.asarray, run(rng("NORMAL", "3.0", "2.0", np.float64, 4000)))
    assert first.mean() == pytest.approx(3, abs=0.15)
    assert first.std() == pytest.approx(2, abs=0.15)
    assert np.median(first) == pytest.approx(3, abs=0.15)
    assert not (first == second).any()


def test_uniform_integers_reach_every_number_but_the_last() -> None:
    first, _ = map(np.asarray, run(rng("UNIFORM", "-2", "3", np.int8, 500)))
    assert set(first.tolist()) == {-2, -1, 0, 1, 2}
    counts = np.bincount(first + 2)
    assert counts.min() > 60


BITS = np.array([0, 1, 2**63, 2**64 - 2**20, 2**64 - 1], np.uint64)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_uniform_floats_stay_below_the_end(name: str) -> None:
    a, b = np.array(1, name), np.nextafter(np.array(1, name), np.array(2, name))
    found = uniform(BITS, a, b)
    assert found.dtype == a.dtype
    assert (found == 1).all()
    wide = uniform(BITS, np.array(-np.finfo(name).max), np.array(np.finfo(name).max))
    assert np.isfinite(wide).all()
    assert wide[0] == -np.finfo(name).max


def test_uniform_of_nothing_is_the_start() -> None:
    assert uniform(BITS, np.array(4), np.array(4)).tolist() == [4] * 5
    assert uniform(BITS, np.array(True), np.array(True)).all()


def test_normal_numbers_of_extreme_bits_are_finite() -> None:
    found = normal(np.stack([BITS, BITS]), np.array(0.0), np.array(1.0))
    assert np.isfinite(found).all()


def test_a_seed_gives_the_same_numbers_and_each_process_its_own() -> None:
    text = rng("UNIFORM", "0.0", "1.0", np.float32, 8)

    def drawn(seed: int) -> list[list[float]]:
        found = run_parallel(text, [(), ()], replicas=2, seed=seed).results
        return [np.asarray(results[0]).tolist() for results in found]

    assert drawn(1) == drawn(1)
    one, other = drawn(1)
    assert len({*one, *other, *drawn(2)[0]}) == 24
