"""What the StableHLO specification numbers, as ``specs/constraints/stablehlo.yaml`` has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from irkit.spec_files import spec_folder

Words = Mapping[str, Mapping[str, str]]
"""By operation, without ``stablehlo.``, and by id."""


@dataclass(frozen=True, slots=True)
class Specification:
    """The numbered constraints of every operation, in our own words."""

    source: str
    ops: Words
    undecidable: Words
    """Why a module alone cannot decide these."""
    partly: Words
    """What a module leaves open of these; the rest is checked."""
    looser: Words
    """What is let pass of these, as upstream lets it."""
    made: Mapping[str, list[str]]
    """What is asked where an operation is made, and not where one is read."""
    numbered_as: Words
    """The ids that rows bear instead of the specification's."""
    unnumbered: Words
    """What the rows ask that bear no number of the specification."""

    def row_id(self, op: str, id: str) -> str:
        """The id of the rows that check the specification's ``id``."""
        return self.numbered_as.get(op, {}).get(id, id)

    def words(self, op: str, row_id: str) -> str:
        """What the rows of this id ask, or nothing."""
        numbered = self.ops.get(op, {})
        renamed = {row: id for id, row in self.numbered_as.get(op, {}).items()}
        text = self.unnumbered.get(op, {}).get(row_id)
        return text or numbered.get(renamed.get(row_id, row_id), "")


@cache
def specification() -> Specification:
    """The file, read once."""
    text = (spec_folder("constraints") / "stablehlo.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return Specification(**data)
