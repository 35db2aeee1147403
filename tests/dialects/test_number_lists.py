"""Long plain lists: read at once they give what the parser gives, or are left to it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import cast

import numpy as np
import pytest
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr

from dialects import dense_parser
from dialects.dense import DenseAttr, dense_array
from dialects.reader import ReadError, parse_module

random = Random(5)
RANDOM = np.random.default_rng(5)


def left_alone(text: str, start: int) -> str | None:
    """No list is plain."""
    return None


def text_of(numbers: list[str], type_: str, rows: int = 1) -> str:
    width = len(numbers) // rows
    lists = [", ".join(numbers[i * width : (i + 1) * width]) for i in range(rows)]
    inner = "], [".join(lists)
    shown = f"[[{inner}]]" if rows > 1 else f"[{inner}]"
    shape = f"{rows}x{width}" if rows > 1 else f"{width}"
    return f"module attributes {{a.b = dense<{shown}> : tensor<{shape}x{type_}>}} {{}}"


def outcome(text: str) -> object:
    try:
        return parse_module(text).module.attributes
    except ReadError as error:
        return str(error)


def numbers_of(choose: Callable[[], str]) -> list[str]:
    return [choose() for _ in range(1200)]


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize(
    ("type_", "choose"),
    [
        ("f32", lambda: f"{RANDOM.normal() * 10.0 ** RANDOM.integers(-44, 38):.9e}"),
        ("f64", lambda: f"{RANDOM.normal():.17e}"),
        ("f32", lambda: f"{RANDOM.integers(0, 9)}."),
        ("f32", lambda: "-0.0"),
        ("f32", lambda: ("1.0", "1")[RANDOM.integers(2)]),
        ("f32", lambda: "1.0e60"),
        ("bf16", lambda: f"{RANDOM.normal():.9e}"),
        ("i32", lambda: str(random.randrange(-(2**31), 2**32))),
        ("i8", lambda: str(RANDOM.integers(-128, 257))),
        ("i8", lambda: str(RANDOM.integers(-128, 256))),
        ("si8", lambda: str(RANDOM.integers(-128, 128))),
        ("ui16", lambda: str(RANDOM.integers(-1, 1 << 16))),
        ("i64", lambda: str(random.randrange(-(2**63), 2**63 - 1))),
        ("ui64", lambda: str(2**64 - int(RANDOM.integers(1, 3)))),
        ("i32", lambda: "-0"),
        ("i32", lambda: ("1.0", "100")[RANDOM.integers(2)]),
        ("i32", lambda: "1e5"),
        ("i1", lambda: str(RANDOM.integers(0, 2))),
    ],
)
def test_a_list_read_at_once_is_what_the_parser_reads(
    monkeypatch: pytest.MonkeyPatch, type_: str, choose: Callable[[], str], rows: int
) -> None:
    text = text_of(numbers_of(choose), type_, rows)
    at_once = outcome(text)
    monkeypatch.setattr(dense_parser, "plain_list", left_alone)
    assert outcome(text) == at_once


@pytest.mark.parametrize("change", [("], [", ", "), (", ", " "), ("[[", "[ ["), ("]]", "],]")])
def test_brackets_are_looked_at(monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]) -> None:
    text = text_of(["1.25"] * 1200, "f32", 4).replace(*change, 1)
    at_once = outcome(text)
    monkeypatch.setattr(dense_parser, "plain_list", left_alone)
    assert outcome(text) == at_once


def test_hundreds_of_thousands_take_no_time() -> None:
    text = text_of(["1.5", "-2.25"] * 200_000, "f32")
    (value,) = parse_module(text).module.attributes.values()
    assert isinstance(value, DenseIntOrFPElementsAttr)
    assert dense_array(cast("DenseAttr", value)).tolist() == [1.5, -2.25] * 200_000
