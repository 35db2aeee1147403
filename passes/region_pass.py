"""The contract of a pass over one region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from xdsl.ir import Region


@dataclass(frozen=True, slots=True)
class PassResult:
    """What a pass did to a region."""

    modified: bool
    removed: int = 0
    """Operations taken out, those of nested regions included."""


class RegionPass(Protocol):
    """A transformation or check of one closed region.

    A pass sees nothing outside the region it is given, keeps the terminator and the block
    arguments as they are, and leaves valid IR valid.
    """

    name: str

    def run(self, region: Region) -> PassResult:
        """Works on ``region`` in place."""
        ...
