"""Running forwards both ways, and checking what they are refused with."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from irkit import Builder, BuildError, Policy, record

SHORT = Policy(name="short", chunk_end="operations", operations=2)
WAYS = pytest.mark.parametrize("policy", [None, SHORT], ids=["buffered", "streamed"])


def recorded(forward: Callable[[Builder], Any], policy: Policy | None = None, **settings: Any):
    """The graph of a forward, which has run."""
    graph = record(forward, policy=policy, **settings).to_compute_graph()
    assert graph.num_nodes >= 0
    return graph


def text_of(forward: Callable[[Builder], Any], policy: Policy | None = None, **settings: Any):
    """The pruned text of a forward."""
    return recorded(forward, policy, **settings).pruned_to_outputs().to_stablehlo().text


@contextmanager
def refused(
    file: str, *parts: str, error: type[Exception] = BuildError, located: bool = True
) -> Iterator[None]:
    """Expects ``error`` with all ``parts`` in its message, which begins with the line of ``file``
    that made the call."""
    with pytest.raises(error) as info:
        yield
    message = str(info.value)
    for part in parts:
        assert part in message, message
    if located:
        lines = [
            f.lineno for f in traceback.extract_tb(info.value.__traceback__) if f.filename == file
        ]
        assert message.startswith(f"{file}:{lines[-1]}: "), message
