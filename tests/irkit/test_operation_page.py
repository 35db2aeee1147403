"""Pages about operations, made from their classes, their rows, and the specification's words."""

from __future__ import annotations

import pytest

from dialects.module_text import module_text
from dialects.reader import check_module, parse_module
from dialects.stablehlo.registry import OPERATIONS
from irkit.operation_page import (
    UnknownOperationError,
    constraint_line,
    operation_names,
    operation_page,
    page_text,
)
from irkit.spec_files import spec_folder
from irkit.specification import specification
from tests.dialects.newer_upstream import newer_upstream_texts

PAGES = [operation_page(name) for name in operation_names()]


def test_every_operation_has_a_page() -> None:
    assert [page.name for page in PAGES] == sorted(op.name for op in OPERATIONS)
    for page in PAGES:
        assert page.summary.endswith(".")
        assert "``" not in page.summary
        assert page_text(page).startswith(f"{page.name}\n  {page.summary}\n")


def test_every_constraint_of_the_specification_is_on_its_page() -> None:
    spec = specification()
    for page in PAGES:
        name = page.name.removeprefix("stablehlo.")
        found = {line.id for line in page.constraints}
        assert {spec.row_id(name, id) for id in spec.ops.get(name, {})} <= found
        assert all(line.text for line in page.constraints), page.name
        assert bool(page.link) == (name in spec.ops)


def test_what_is_not_checked_says_why() -> None:
    unchecked = {
        (page.name.removeprefix("stablehlo."), line.id)
        for page in PAGES
        for line in page.constraints
        if line.checked == "no"
    }
    spec = specification()
    assert unchecked == {(op, id) for op, ids in spec.undecidable.items() for id in ids}
    assert all(line.note for page in PAGES for line in page.constraints if line.checked != "yes")


def test_a_page_names_operands_properties_and_results_with_their_types() -> None:
    page = operation_page("stablehlo.select_and_scatter")
    assert page == operation_page("select_and_scatter")
    assert [part.name for part in page.operands] == ["operand", "source", "init_value"]
    assert page.operands[2].kind == "scalar"
    kinds = {part.name: (part.kind, part.optional) for part in page.properties}
    assert kinds["window_dimensions"][0] == "array of i64"
    assert kinds["padding"] == ("constant tensor", True)
    assert [part.name for part in page.regions] == ["select", "scatter"]
    assert [part.variadic for part in operation_page("concatenate").operands] == [True]
    assert page.effects == "those of the operations in its regions"


def test_a_constraint_is_found_with_and_without_parentheses() -> None:
    page = operation_page("dot_general")
    line = constraint_line(page, "C13")
    assert line == constraint_line(page, "(c13)")
    assert line.checked == "made"
    with pytest.raises(UnknownOperationError, match="no constraint C99; it has I1, "):
        constraint_line(page, "C99")


@pytest.mark.parametrize(
    ("name", "hint"), [("dot_genral", "did you mean dot_general"), ("zzz", "--list")]
)
def test_an_unknown_operation_is_told_with_the_closest_names(name: str, hint: str) -> None:
    with pytest.raises(UnknownOperationError, match=hint):
        operation_page(name)


def test_examples_are_valid_canonical_text_for_upstream_too() -> None:
    text = (spec_folder("constraints") / "examples.mlir").read_text()
    assert check_module(text) == []
    assert module_text(parse_module(text).module) == text
    assert newer_upstream_texts([text]) == [text]


def test_every_operation_but_return_has_an_example() -> None:
    for page in PAGES:
        assert (page.name in page.example) == (page.name != "stablehlo.return"), page.name
