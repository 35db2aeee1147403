"""The backward sweep: exact global pruning over the op log with one live set.

Definitions precede uses in straight-line SSA, so when the sweep reaches a definition it has seen
every use. What it finds is written into the records; between chunks it holds the words that are
live there and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from irkit.streaming.nested_names import NameCounters
from irkit.streaming.record import ARGUMENT, DEAD, FLAG, PARAMETER, WORD, ChunkRecord
from irkit.streaming.template import Template, TemplateStore


@dataclass(slots=True)
class Liveness:
    """What the sweep learned of the whole program."""

    kept: int = 0
    """Operations that will be emitted."""

    numbered: int = 0
    """Kept operations whose results are numbered (``%0``)."""

    suggested: Counter[str] = field(default_factory=lambda: Counter[str]())
    """Kept operations by the name they suggest."""

    parameters: set[int] = field(default_factory=lambda: set[int]())
    """Positions of the parameters that are read."""

    widest_cut: int = 0
    """Most words live between two chunks."""

    def final_counters(self, arguments: int) -> NameCounters:
        """The naming state at the end of the function, where nested regions begin."""
        conflicts = sum(self.suggested.values()) - len(self.suggested)
        return NameCounters(self.numbered, arguments, conflicts, self.suggested)


class Sweep:
    """Visits records last first and flags what no root needs.

    ``roots`` are the words of the outputs; ``parameter_name`` gives the name that a parameter's
    operation suggests, or None where parameters are arguments. ``keep_all`` flags nothing as dead
    (the program is emitted unpruned).
    """

    def __init__(
        self,
        templates: TemplateStore,
        roots: Iterable[int],
        parameter_name: Callable[[int], str],
        *,
        keep_all: bool = False,
    ) -> None:
        self._templates = templates
        self._parameter_name = parameter_name
        self._keep_all = keep_all
        self._live = {word for word in roots if not word & ARGUMENT}
        self.found = Liveness(parameters=self._take_parameters(self._live))
        self.found.widest_cut = len(self._live)

    @staticmethod
    def _take_parameters(words: set[int]) -> set[int]:
        taken = {word ^ PARAMETER for word in words if word & PARAMETER}
        words -= {word | PARAMETER for word in taken}
        return taken

    def visit(self, record: ChunkRecord) -> None:
        """Flags the dead operations, unread live-outs and last-read live-ins of a record."""
        store = self._templates
        templates = [None if t & PARAMETER else store.get(t) for t in record.templates]
        facts = [
            (1, 0, True) if t is None else (t.results, t.operands, t.removable) for t in templates
        ]
        operations, operands = record.operations, record.operands
        number = len(record.live_ins) + sum(facts[k & ~DEAD][0] for k in operations)
        needed = bytearray(number)
        self._take_live_outs(record, needed)
        kept = [0] * len(facts)
        keep_all = self._keep_all
        end = len(operands)
        for index in range(len(operations) - 1, -1, -1):
            position = operations[index] & ~DEAD
            results, reads, removable = facts[position]
            number -= results
            start = end - reads
            if results == 1:
                keep = needed[number] or not removable or keep_all
            else:
                keep = any(needed[number : number + results]) or not removable or keep_all
            if templates[position] is None:
                parameter = record.templates[position] ^ PARAMETER
                keep = keep or parameter in self.found.parameters
                if keep:
                    self.found.parameters.add(parameter)
            if keep:
                kept[position] += 1
                operations[index] = position
                for k in range(start, end):
                    needed[operands[k]] = 1
            else:
                operations[index] = position | DEAD
            end = start
        self._count(record, templates, kept)
        self._leave_live_ins(record, needed)

    def _take_live_outs(self, record: ChunkRecord, needed: bytearray) -> None:
        live = self._live
        word = record.first_word
        for index, entry in enumerate(record.live_outs):
            number = entry & WORD
            if word in live:
                live.discard(word)
                needed[number] = 1
                record.live_outs[index] = number
            else:
                record.live_outs[index] = number | FLAG
            word += 1

    def _leave_live_ins(self, record: ChunkRecord, needed: bytearray) -> None:
        live = self._live
        for index, entry in enumerate(record.live_ins):
            word = entry & WORD
            if word & (ARGUMENT | PARAMETER):
                if word & PARAMETER and needed[index]:
                    self.found.parameters.add(word ^ PARAMETER)
                continue
            if not needed[index] or word in live:
                record.live_ins[index] = word
            else:
                live.add(word)
                record.live_ins[index] = word | FLAG
        self.found.widest_cut = max(self.found.widest_cut, len(live))

    def _count(
        self, record: ChunkRecord, templates: list[Template | None], kept: list[int]
    ) -> None:
        found = self.found
        for encoded, template, count in zip(record.templates, templates, kept, strict=True):
            if not count:
                continue
            found.kept += count
            if template is None:
                found.suggested[self._parameter_name(encoded ^ PARAMETER)] += count
            elif template.names:
                found.suggested.update(dict.fromkeys(template.names, count))
            elif template.suggestion is not None:
                found.suggested[template.suggestion] += count
            elif template.results:
                found.numbered += count
