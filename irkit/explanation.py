"""The fate of one value in one graph, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value was kept or dropped."""

    kept: bool

    path: tuple[str, ...]
    """Names of operations, from the first reader on. For a kept value they lead to ``end``; for a
    dropped one they are a chain of readers that ends without reaching an output."""

    end: str
    """What the path ends in: an output, an operation with an effect, or what is missing."""

    def __str__(self) -> str:
        verb = "kept" if self.kept else "dropped"
        chain = " -> ".join(_shortened(self.path))
        if not chain:
            return f"{verb}: {self.end}"
        return f"{verb}: {chain} -> {self.end}" if self.kept else f"{verb}: {self.end} ({chain})"

    def unpruned(self) -> Explanation:
        """The same value in a graph that keeps everything."""
        return Explanation(True, self.path, f"{self.end}, but the graph is not pruned")

    @staticmethod
    def of_dropped(path: Sequence[str]) -> Explanation:
        """For a value without a path to an output."""
        end = "no path to an output" if path else "nothing reads it, and it is no output"
        return Explanation(False, tuple(path), end)


def _shortened(path: tuple[str, ...], most: int = 8) -> list[str]:
    if len(path) <= most:
        return list(path)
    half = most // 2
    return [*path[:half], f"... {len(path) - most} more ...", *path[-half:]]
