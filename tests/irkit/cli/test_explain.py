"""``irkit explain``."""

from __future__ import annotations

import json

import pytest

from irkit.operation_page import operation_names


def test_a_page_has_what_there_is_to_know(irkit):
    ran = irkit("explain", "dot_general")
    assert (ran.status, ran.err) == (0, "")
    assert irkit("explain", "stablehlo.dot_general") == ran
    for text in (
        "stablehlo.dot_general\n  Products of slices",
        "\n  %0 = stablehlo.dot_general %arg0, %arg1, batching_dims",
        "\n  (C10)        contracting dimensions of lhs and rhs agree in size\n",
        "\nEffects    none",
        "spec.md#dot_general\n",
    ):
        assert text in ran.out


def test_one_constraint(irkit):
    ran = irkit("explain", "pad", "C3")
    assert (ran.status, ran.out) == (
        0,
        "stablehlo.pad: (C3) interior_padding is not negative\n",
    )
    ran = irkit("explain", "all_gather", "C3", "--format", "json")
    data = json.loads(ran.out)
    assert (data["schema"], data["operation"]) == ("irkit.explain/1", "stablehlo.all_gather")
    assert data["constraint"]["checked"] == "no"


def test_json_has_the_whole_page(irkit):
    page = json.loads(irkit("explain", "reduce", "--format", "json").out)["operation"]
    assert page["name"] == "stablehlo.reduce"
    assert [part["name"] for part in page["properties"]] == ["dimensions"]
    assert {"id": "C5", "text": "no dimension is reduced twice", "checked": "yes", "note": ""} in (
        page["constraints"]
    )


def test_the_list(irkit):
    assert irkit("explain", "--list").out.split() == operation_names()
    listed = json.loads(irkit("explain", "--list", "--format", "json").out)
    assert listed["operations"] == operation_names()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dot_genral"], "did you mean dot_general"),
        (["pad", "C9"], "stablehlo.pad has no constraint C9; it has I1"),
        ([], "name an operation"),
    ],
)
def test_what_is_unknown_is_one_line_and_status_2(irkit, arguments: list[str], words: str):
    ran = irkit("explain", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
