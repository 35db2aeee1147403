"""The judges that properties ask, each started when first asked and kept for the next case."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from irkit.testing.properties import iree
from irkit.testing.properties.outcome import NotApplicableError, WitnessError
from irkit.testing.workers.worker import Json, Worker, WorkerError

SECONDS = 120.0
"""What a judge may take for one text; the largest have 10^5 operations."""
MOST_ASKED = 2000
"""Questions after which upstream's process is started anew, for its contexts keep some memory."""

_ONLY_IREE = re.compile(
    r"util\.global|[!#]quant\.|stablehlo\.collective_reduce"
    # With several operands, the last of which may be the root.
    r'|"stablehlo\.collective_broadcast"\([^)]*,'
)
"""Dialects that jaxlib does not have, and what is newer than its own."""


class Witnesses:
    """What is here to judge by. Closing ends the processes.

    ``folder`` is for the texts of one case at a time; whoever made it removes it.
    """

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        """What properties met on their way."""
        self._folder = folder
        self._upstream = Worker("irkit.testing.workers.upstream") if has_jaxlib() else None
        self._seeds: dict[int, Worker] = {}
        self._iree_opt = iree.iree_opt()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes."""
        for worker in (self._upstream, *self._seeds.values()):
            if worker is not None:
                worker.close()

    def path(self, name: str) -> Path:
        """A file in the folder."""
        return self._folder / name

    def under_hash_seed(self, seed: int, question: Json) -> Json:
        """An answer of :mod:`irkit.testing.workers.lowering` under this ``PYTHONHASHSEED``.

        What it raises there is raised here as :class:`WorkerError`.
        """
        if seed not in self._seeds:
            environment = {"PYTHONHASHSEED": str(seed)}
            self._seeds[seed] = Worker("irkit.testing.workers.lowering", (), environment)
        return self._seeds[seed].ask(question, SECONDS)

    def upstream(
        self, texts: Sequence[str], *, prune: bool = False, quiet: bool = False
    ) -> list[Json]:
        """Of each text ``{"printed"}`` or ``{"refused": message}``, by jaxlib, or by ``iree-opt``
        where there is what jaxlib does not know.

        ``prune`` prints it after upstream's elimination of dead code; ``quiet`` spares the printed
        text. Raises :class:`NotApplicableError` where the judge is not installed and
        :class:`WitnessError` where it crashed.
        """
        if any(map(_ONLY_IREE.search, texts)):
            if self._iree_opt is None:
                raise NotApplicableError("iree-opt is not installed")
            library = self.path("dead_code.mlir")
            return iree.answers(self._iree_opt, texts, library, SECONDS, prune=prune)
        if self._upstream is None:
            raise NotApplicableError("jaxlib is not installed")
        if self._upstream.answered >= MOST_ASKED:
            self._upstream.restart()
        try:
            questions = [{"text": text, "prune": prune, "quiet": quiet} for text in texts]
            return self._upstream.ask(questions, SECONDS)
        except WorkerError as error:
            raise WitnessError(f"upstream: {error}") from None


def has_jaxlib() -> bool:
    """Whether upstream MLIR is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("jax", "jaxlib"))
