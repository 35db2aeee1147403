"""Awkward names of parameters, arguments and functions, in every form, as upstream prints them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from irkit import ArtifactError, Builder, Policy, Value, hlo, record
from tests.irkit.refusals import SHORT, refused
from tests.witness import iree, upstream

HERE = __file__
EVERYWHERE = [
    "arg0", "arg1", "cst", "c", "c_0", "cst_1", "iterArg", "iterArg_2", "x", "x_3", "x_0", "x_03",
    "a b", "a_b", "a_b_0", "a/b", "a2Fb", "model.layers.0.weight", "0", "1w", "-", "w$", "w$$",
    "w$_0", "main$", "func", "true", "loc", "%0", "#1", "@main", "ünï", "日本語", "😀", "_", "_0",
    "\u0085", "\u2028", "\ufeff",
]  # fmt: skip
QUOTED = ['a"b', "back\\slash", "tab\t", "new\nline", "\x00", "\x7f"]
"""Names that IREE can not print back as keys of parameters."""


def program(names: list[str]):
    def forward(b: Builder) -> Value:
        x = b.argument("an argument", (2,), "f32")
        early = [b.parameter(name, (2,), "f32") for name in names[::2]]
        for weight in early:
            x = hlo.add(x, weight)
        function = b.function("f_0", lambda _, y: hlo.add(y, y), [((2,), "f32")])
        late = [b.parameter(name, (2,), "f32") for name in names[1::2]]
        count = b.constant(3)

        def body(n: Value, y: Value) -> tuple[Value, Value]:
            for weight in (*late, *early[:3]):
                y = hlo.multiply(y, weight)
            return n + 1, hlo.add(y, b.constant([1.5, 2.5]))

        x = hlo.while_([count, x], lambda n, y: hlo.compare(n, count, "LT"), body)[1]
        b.parameter(f"unread {names[0]}", (2,), "f32")
        return hlo.add(function(x)[0], b.constant([0.5, 0.25]))

    return forward


def texts(names: list[str], form: str, policy: Policy | None) -> tuple[str, str]:
    """The module unpruned and pruned."""
    weights = {name: np.array([i, 0.5], np.float32) for i, name in enumerate(names)}
    weights[f"unread {names[0]}"] = np.ones(2, np.float32)
    graph = record(
        program(names), policy=policy, constants=form,
        weights=None if form == "argument" else weights,
    ).to_compute_graph()  # fmt: skip
    return graph.to_stablehlo().text, graph.pruned_to_outputs().to_stablehlo().text


def orders() -> list[list[str]]:
    """All names at once, each order of those that could take each other's names, and single."""
    triples = [["x", "x_3", "x_0"], ["a b", "a_b", "a_b_0"], ["w$", "w$$", "w$_0"],
               ["cst", "c", "c_0"], ["_", "_0", "0"]]  # fmt: skip
    mixed = [list(order) for triple in triples for order in itertools.permutations(triple)]
    return [EVERYWHERE, EVERYWHERE[::-1], *mixed, ["main"]]


@pytest.mark.parametrize("form", ["argument", "inline", "resource"])
def test_upstream_prints_the_same_names(form: str) -> None:
    for names in [*orders()[:2], [*EVERYWHERE, *QUOTED], QUOTED]:
        whole, pruned = texts(names, form, SHORT)
        assert (whole, pruned) == texts(names, form, None)
        assert upstream.printed(whole) == whole
        assert upstream.without_dead_code(whole) == pruned


def test_iree_prints_the_same_resources() -> None:
    modules = [text for names in orders()[:2] for text in texts(names, "resource", SHORT)]
    assert iree.printed(modules) == modules


def test_iree_prints_the_same_globals(tmp_path: Path) -> None:
    pairs = [texts(names, "external", SHORT) for names in orders()]
    assert pairs == [texts(names, "external", None) for names in orders()]
    everything = [text for pair in pairs for text in pair]
    assert iree.printed(everything) == everything
    assert iree.without_dead_code([whole for whole, _ in pairs], tmp_path) == [
        pruned for _, pruned in pairs
    ]


@pytest.mark.parametrize("policy", [None, SHORT], ids=["buffered", "streamed"])
@pytest.mark.parametrize("name", [*QUOTED, ""])
def test_names_that_a_form_can_not_hold_are_refused(name: str, policy: Policy | None) -> None:
    with pytest.raises(ArtifactError, match=r"IREE cannot print|without a name"):
        texts([name, "other"], "external", policy)


@pytest.mark.parametrize("policy", [None, SHORT], ids=["buffered", "streamed"])
def test_upstream_would_lose_a_resource_without_a_name(policy: Policy | None) -> None:
    with pytest.raises(ArtifactError, match="a tensor without a name can not be a resource"):
        texts(["", "other"], "resource", policy)
    text, _ = texts(["", "other"], "inline", policy)
    assert upstream.printed(text) == text


def test_names_of_functions_and_parameters_do_not_meet() -> None:
    def forward(b: Builder) -> Value:
        with refused(HERE, "parameter 'f_0' has the name of a function; rename the function"):
            program(["w", "f_0"])(b)
        return b.constant(1)

    record(forward)
