"""Each fault of a disk, a folder, a pipe and the op log's files, in real processes."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.faults.disk import FAULTS
from tests.faults.op_log import flipped_bits
from tests.faults.workplace import Fault, Place, a_place


@pytest.fixture(scope="module")
def place() -> Generator[Place]:
    with a_place() as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_one_error_and_nothing_left(place: Place, fault: Fault) -> None:
    assert fault(place) is None


def test_a_flipped_bit_in_the_running_log_never_gives_another_text() -> None:
    assert flipped_bits(6, seed=2).losses == ()
