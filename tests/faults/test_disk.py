"""Each fault of a disk, a folder, a pipe and the op log's files, in real processes."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.faults import disk
from tests.faults.disk import FAULTS, Fault, Place, flipped_bits


@pytest.fixture(scope="module")
def place() -> Generator[Place]:
    with disk.a_place() as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_error_and_nothing_left(place: Place, fault: Fault) -> None:
    assert fault(place) is None


def test_a_flipped_bit_in_the_running_log_never_gives_another_text() -> None:
    assert flipped_bits(6, seed=2).losses == ()
