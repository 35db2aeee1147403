"""What a fuzzing run has tried and found so far."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from irkit.testing.properties import Property
from irkit.testing.properties.iree import iree_opt
from irkit.testing.properties.witnesses import has_jaxlib
from irkit.testing.workers.worker import Json


@dataclass
class PropertyTally:
    """One property."""

    held: int = 0
    failed: int = 0
    witness: int = 0
    """Cases on which its judge crashed."""
    too_large: int = 0
    not_applicable: Counter[str] = field(default_factory=Counter[str])
    """By reason."""
    seconds: float = 0.0


@dataclass
class Found:
    """Failures of one cause."""

    times: int = 0
    files: list[str] = field(default_factory=list[str])
    message: str = ""


class Tally:
    """Counts, which several threads add to."""

    def __init__(self, properties: Sequence[Property]) -> None:
        self._lock = threading.Lock()
        self._properties = properties
        self.programs = 0
        self.steps = 0
        self.largest = 0
        self.kinds: Counter[str] = Counter()
        """Programs with a step of a kind."""
        self.operations: Counter[str] = Counter()
        """Programs with an operation of a name."""
        self.counts: Counter[str] = Counter()
        self.not_made = 0
        """Programs on which the worker ended before any property was tried."""
        self.tried = {p.name: PropertyTally() for p in properties}
        self.found: dict[str, Found] = {}
        self.recycled = 0
        """Worker processes that were started anew, for they had grown or ended."""

    def program(self, described: Json) -> None:
        """A program was made."""
        with self._lock:
            self.programs += 1
            self.steps += described["steps"]
            self.largest = max(self.largest, described["steps"])
            self.kinds.update(described["kinds"])
            self.operations.update(described["names"])

    def unmade(self) -> None:
        """A program could not be made."""
        with self._lock:
            self.not_made += 1

    def outcome(self, answer: Json) -> None:
        """A property was tried."""
        with self._lock:
            tally = self.tried[answer["property"]]
            tally.seconds += answer["seconds"]
            self.counts.update(answer.get("counts", {}))
            match answer["status"]:
                case "held":
                    tally.held += 1
                case "failed":
                    tally.failed += 1
                case "witness":
                    tally.witness += 1
                case _:
                    tally.not_applicable[answer["message"]] += 1

    def too_large(self, property_: Property) -> None:
        """A property does not try programs of this size."""
        with self._lock:
            self.tried[property_.name].too_large += 1

    def restarted(self) -> None:
        """A worker was started anew."""
        with self._lock:
            self.recycled += 1

    def met(self, signature: str, message: str, most: int) -> Found | None:
        """Counts a failure; it is to be saved, and noted in what is returned, if ``most`` of its
        cause have not been."""
        with self._lock:
            found = self.found.setdefault(signature, Found(message=message))
            found.times += 1
            return found if found.times <= most else None

    @property
    def failures(self) -> int:
        """Failures of properties, and programs that could not be made; crashed judges not
        counted."""
        return self.not_made + sum(t.failed for t in self.tried.values())

    def unwitnessed(self) -> list[str]:
        """What could not be judged for want of a witness, in words."""
        missing: list[str] = []
        if not has_jaxlib():
            names = ", ".join(p.name for p in self._properties if p.upstream)
            if names:
                missing.append(f"jaxlib is not installed: no witness for {names}")
        if iree_opt() is None and any(p.name == "upstream" for p in self._properties):
            missing.append(
                "iree-opt is not installed: no witness for upstream in the form external"
            )
        return missing

    def to_json(self) -> Json:
        """All of it."""
        return {
            "programs": self.programs,
            "programs_not_made": self.not_made,
            "steps": self.steps,
            "largest": self.largest,
            "kinds": dict(sorted(self.kinds.items())),
            "operations": dict(sorted(self.operations.items())),
            "properties": {
                name: {
                    "held": t.held,
                    "failed": t.failed,
                    "witness_crashed": t.witness,
                    "too_large": t.too_large,
                    "not_applicable": dict(t.not_applicable),
                    "seconds": round(t.seconds, 1),
                }
                for name, t in self.tried.items()
            },
            "counts": dict(sorted(self.counts.items())),
            "failures": {
                signature: {"times": f.times, "files": f.files, "message": f.message[:2000]}
                for signature, f in self.found.items()
            },
            "without_witness": self.unwitnessed(),
            "workers_restarted": self.recycled,
        }
