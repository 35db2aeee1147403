"""What does not fit into memory is one error that names the operation, its place and its size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dialects.reader import parse_module
from irkit.interpreter import EvaluationError, run, run_parallel
from irkit.interpreter.errors import OutOfMemoryError
from irkit.interpreter.observers import BreakOn, Trace

HUGE = f"{2**50}xf32"
PEBIBYTES = f"\\({2**52} bytes\\)"
LARGEST = 2**63 - 1
SQUARE = f"{2**32}x{2**32}xi8"


def main(line: str, type_: str) -> str:
    return f"func.func @main() -> {type_} {{\n  %r = {line}\n  return %r : {type_}\n}}"


@pytest.mark.parametrize(
    ("line", "type_", "said"),
    [
        ("stablehlo.iota dim = 0", f"tensor<{HUGE}>", rf"{PEBIBYTES}: .* 8\.00 PiB"),
        ("stablehlo.iota dim = 0", f"tensor<{LARGEST}xf32>", rf"\({4 * LARGEST} bytes\)"),
        ("stablehlo.iota dim = 0", f"tensor<{SQUARE}>", rf"\({2**64} bytes\)"),
        ("stablehlo.constant dense<1>", f"tensor<{SQUARE}>", rf"\({2**64} bytes\)"),
        ("stablehlo.constant dense<1>", f"tensor<0x{SQUARE}>", r"\(0 bytes\)"),
    ],
)
def test_a_result_that_is_too_large_has_a_place_and_a_size(
    line: str, type_: str, said: str
) -> None:
    message = rf"^<input>:2:8: error: stablehlo.\w+: out of memory, it gives {type_} {said}"
    with pytest.raises(OutOfMemoryError, match=message) as caught:
        run(main(f"{line} : {type_}", type_))
    assert isinstance(caught.value, EvaluationError)
    assert isinstance(caught.value, MemoryError)


@pytest.mark.parametrize(
    ("size", "said"), [(2**50, r"8\.00 PiB"), (LARGEST, f"{LARGEST} numbers of int64")]
)
def test_a_size_that_a_value_says_is_told(size: int, said: str) -> None:
    body = "stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>"
    text = main(body, "tensor<?xf32>").replace(
        "{\n", f"{{ %n = stablehlo.constant dense<{size}> : tensor<1xi64>\n"
    )
    with pytest.raises(OutOfMemoryError, match=f"gives tensor<\\?xf32>: .*{said}"):
        run(text)


def test_the_operation_of_a_region_and_of_a_process_is_named_once() -> None:
    text = f"""func.func @main(%p: tensor<i1>) {{
      "stablehlo.if"(%p) ({{
        %y = stablehlo.iota dim = 0 : tensor<{HUGE}>
        stablehlo.return
      }}, {{
        stablehlo.return
      }}) : (tensor<i1>) -> ()
      return
    }}"""
    for call in (
        lambda: run(text, [True]),
        lambda: run_parallel(text, [[True], [True]], replicas=2),
    ):
        with pytest.raises(
            OutOfMemoryError, match=r"^<input>:3:14: error: stablehlo.iota"
        ) as found:
            call()
        assert str(found.value).count("stablehlo.iota") == 1
    assert run(text, [False]) == []


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ("tensor<2xf32>", r"tensor<2xf32> \(8 bytes\)"),
        ("!stablehlo.token", "!stablehlo.token"),
        ("tensor<2xi17>", "tensor<2xi17>"),
        ("", "no results"),
        ("tensor<i8>, tensor<?xi8>", r"tensor<i8> \(1 bytes\), tensor<\?xi8>"),
    ],
)
def test_what_was_to_be_held_is_listed(results: str, said: str) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    names = f"%r:{results.count(',') + 1} = " if results else ""
    call = f"{names}stablehlo.custom_call @f() : () -> ({results})"
    text = f"func.func @main() {{\n  {call}\n  return\n}}"
    with pytest.raises(OutOfMemoryError, match=f"custom_call: out of memory, it gives {said}$"):
        run(text, custom_calls={"f": fail})


def test_a_type_of_many_dimensions_does_not_make_the_message_long() -> None:
    type_ = f"tensor<{f'{LARGEST}x' * 60}i8>"
    with pytest.raises(OutOfMemoryError, match=r"stablehlo\.constant: out of memory") as caught:
        run(main(f"stablehlo.constant dense<1> : {type_}", type_))
    assert len(str(caught.value)) < 900


def test_repeated_elements_are_watched_without_being_held() -> None:
    """Each of a quadrillion equal elements is counted."""
    lines: list[str] = []
    type_ = f"tensor<{HUGE}>"
    text = main(f"stablehlo.constant dense<0x7FC00000> : {type_}", type_)
    run(text, observers=[Trace(lines.append)])
    assert lines == [f"stablehlo.constant: {2**50}xfloat32, {2**50} NaN\n"]
    with pytest.raises(EvaluationError, match=r"stablehlo\.constant gave NaN"):
        run(text, observers=[BreakOn(["nan"])])


def test_an_observer_that_lacks_memory_names_the_operation() -> None:
    class Greedy(Trace):
        def after(self, *_: Any) -> None:
            np.empty(2**50)

    text = main("stablehlo.constant dense<1> : tensor<i8>", "tensor<i8>")
    with pytest.raises(OutOfMemoryError, match=r"2:8: .*constant: .* tensor<i8> \(1 bytes\): Un"):
        run(parse_module(text), observers=[Greedy(print)])
