"""Disks that are full, folders that can not be written or vanish, readers that go away."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults import op_log, outputs
from tests.faults.case import Outcome, count
from tests.faults.workplace import Fault, a_place

FAULTS: list[Fault] = [*outputs.FAULTS, *op_log.FAULTS]


def try_disks(_: int = 0) -> Outcome:
    """Each fault of the list once."""

    def trials() -> Iterator[str | None]:
        with a_place() as place:
            for fault in FAULTS:
                lost = fault(place)
                yield f"{fault.__name__}: {lost}" if lost else None

    return count("disks, folders, pipes and the op log's files", trials())
