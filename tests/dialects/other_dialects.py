"""Programs of operations outside of StableHLO, read and judged by irkit and by upstream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newer_upstream import newer_upstream_texts
from programs import (
    ops_of,
    our_refusals,
    our_text,
    upstream_generic,
    upstream_pruned,
    upstream_refusal,
    upstream_text,
)
from xdsl.ir import Operation
from xdsl.traits import is_side_effect_free

from dialects.stablehlo.base import StableHLOOp


def check_right(text: str, *, exact: bool = True) -> None:
    """Reads, verifies, prints and prunes as upstream does, from both syntaxes.

    Where nothing is unknown and ``exact`` the types are also those that are inferred.
    """
    expected = upstream_text(text)
    assert our_refusals(text) == []
    assert our_text(text) == expected
    assert our_text(upstream_generic(text)) == expected
    pruned = upstream_pruned(text)
    for op in ops_of(text):
        kept = re.search(rf"{re.escape(op.name)}\b", pruned) is not None
        assert is_side_effect_free(op) != kept, op.name
        if exact and "?" not in text and "*" not in text:
            check_inferred(op)


def check_inferred(op: Operation) -> None:
    """The declared types are those that are inferred, where any are."""
    if isinstance(op, StableHLOOp) and op.infers():
        inferred = op.infer(op.operand_types, op.properties, op.regions)
        assert list(inferred) == list(op.result_types), op.name


def check_wrong(op: str, id: str, text: str) -> None:
    """The one refusal names operation and row, and upstream refuses too."""
    (message,) = our_refusals(text)
    assert message.startswith(f"{op}: ({id}) "), message
    assert upstream_refusal(text) is not None, text


def check_newer(texts: Sequence[str]) -> None:
    """Prints and refuses as a newer upstream does, which has what jaxlib has not."""
    for text, expected in zip(texts, newer_upstream_texts(texts), strict=True):
        if expected is None:
            assert our_refusals(text) != [], text
        else:
            assert our_refusals(text) == [], text
            assert our_text(text) == expected


def rows_without(
    classes: Iterable[type[StableHLOOp]], tested: Iterable[tuple[str, str]]
) -> set[str]:
    """The rows of the operations, ``name id``, that ``tested`` lacks."""
    known = {f"{op} {id}" for op, id in tested}
    return {f"{cls.name} {row.id}" for cls in classes for row in cls.CONSTRAINTS} - known
