"""What holds for every test of faults."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A child that only starts a program may be forked where other tests have loaded JAX."""
    forked = pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called:RuntimeWarning")
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker(forked)
