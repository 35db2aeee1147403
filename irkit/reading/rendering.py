"""The canonical text of a statement with holes for names and long literals."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from dialects.aliases import has_aliases
from dialects.asm import AsmPrinter
from dialects.long_literal import STAND_IN, LongLiteral
from dialects.module_text import used_resources
from irkit.reading.requests import Tree, hole, wishes
from irkit.reading.symbols import symbols_of
from irkit.streaming.spool import Spool
from passes.bounded_cache import BoundedCache
from passes.effects import Removability

INDENT = 2
"""Of a statement in a function of a module, in steps of two spaces."""

_HOLE = re.compile("\udc10(\\d+)\udc11")
_MEMORY = 1 << 23
"""Bytes of renderings that are held before they go to a temporary file."""


class UnrenderedError(Exception):
    """A statement that only the printer of whole modules writes; the message says why."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """All that printing and pruning need of a signature."""

    format: str
    """The lines, with ``%s`` for each hole."""
    holes: tuple[int, ...]
    """What fills each: the places that read a value, then the results' names, then the names
    in the regions, then the literals."""
    uses: int
    names: tuple[str, ...]
    """What each name of results asks for; empty for a number."""
    counts: tuple[int, ...]
    """How many results each name stands for."""
    regions: list[Tree]
    filled: int
    """Holes that names fill."""
    literals: int
    removable: bool
    symbols: tuple[str, ...]
    resources: tuple[tuple[str, str], ...]

    @property
    def results(self) -> int:
        """The number of results."""
        return sum(self.counts)


def render(
    op: Operation,
    uses: Sequence[SSAValue],
    literals: Sequence[LongLiteral],
    effects: Removability,
) -> Rendering:
    """The rendering of ``op``, whose text reads ``uses`` in this order.

    Raises :class:`UnrenderedError`.
    """
    if has_aliases(op):
        raise UnrenderedError("attributes or types that have aliases")
    asked = wishes(op, len(uses))
    names = {id(value): text for value, text in asked.table.items()}
    names.update((id(value), hole(number)) for number, value in enumerate(uses))
    text: list[str] = []
    AsmPrinter(text.append, lambda value: names[id(value)], INDENT).op(op)
    line = "  " * INDENT + "".join(text) + "\n"
    if literals:
        places = {literal.number: asked.holes + k for k, literal in enumerate(literals)}
        line = STAND_IN.sub(lambda match: hole(places[int(match[2])]), line)
    return Rendering(
        _HOLE.sub("%s", line.replace("%", "%%")),
        tuple(int(match[1]) for match in _HOLE.finditer(line)),
        len(uses),
        tuple(asked.names),
        tuple(asked.counts),
        asked.regions,
        asked.holes,
        len(literals),
        effects.removable(op),
        tuple(dict.fromkeys(symbols_of(op))),
        tuple(used_resources(op)),
    )


class RenderingStore:
    """Renderings by number; a bounded number of them is in memory."""

    def __init__(self) -> None:
        self._spool = Spool(_MEMORY)
        self._offsets = array("Q")
        self._recent: BoundedCache[int, Rendering] = BoundedCache()

    def add(self, rendering: Rendering) -> int:
        """Keeps a rendering and gives its number."""
        number = len(self._offsets)
        r = rendering
        entries = (r.format, r.holes, r.uses, r.names, r.counts, r.regions, r.filled, r.literals)
        rest = (r.removable, r.symbols, r.resources)
        data = json.dumps((entries, rest), separators=(",", ":")).encode()
        self._offsets.append(self._spool.append(data))
        self._recent.keep(number, rendering, len(r.format) + 500)
        return number

    def get(self, number: int) -> Rendering:
        """The rendering of this number."""
        found = self._recent.get(number)
        if found is None:
            data = self._spool.read(self._offsets[number])
            entries, (removable, symbols, resources) = json.loads(data)
            text, holes, uses, names, counts, regions, filled, literals = entries
            found = Rendering(
                text,
                tuple(holes),
                uses,
                tuple(names),
                tuple(counts),
                regions,
                filled,
                literals,
                removable,
                tuple(symbols),
                tuple((dialect, key) for dialect, key in resources),
            )
            self._recent.keep(number, found, len(text) + 500)
        return found

    def close(self) -> None:
        """Frees memory and disk."""
        self._spool.close()
