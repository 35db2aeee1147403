"""The names of SSA values as upstream MLIR chooses them.

A region is named wholly (its blocks' arguments, its operations' results) before the regions nested
in its operations; each of those starts from where its parent ended, siblings alike. There are three
counters: of values (``%0``; an operation with several results takes one number), of entry-block
arguments (``%arg0``), and one of conflicts that all suggested names share (``%cst``, ``%c``,
``%cst_0``). The generic form has no suggested names, and its counters run on from each region to
the next, last regions first. (MLIR: ``SSANameState`` in AsmPrinter.cpp.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from xdsl.ir import Block, Operation, Region, SSAValue

from dialects.foreign_ops import result_names

Table = dict[SSAValue, str]
"""Names with their ``%``, and ``#1`` for one of several results."""


class Names:
    """The counters and the names in use at one point of the numbering."""

    __slots__ = ("_outer", "_used", "argument", "conflict", "suggests", "value")

    def __init__(
        self,
        value: int = 0,
        argument: int = 0,
        conflict: int = 0,
        used: Set[str] = frozenset(),
        *,
        suggests: bool = True,
    ) -> None:
        self.value = value
        self.argument = argument
        self.conflict = conflict
        self.suggests = suggests
        self._outer: tuple[Set[str], ...] = (used,) if used else ()
        self._used: set[str] = set()

    def fork(self) -> Names:
        """The state in which a nested region starts; it sees the names used so far."""
        inner = Names(self.value, self.argument, self.conflict, suggests=self.suggests)
        inner._outer = (*self._outer, self._used) if self._used else self._outer
        return inner

    def number(self) -> str:
        """The next value number: ``%3``."""
        self.value += 1
        return f"%{self.value - 1}"

    def next_argument(self) -> str:
        """The next argument name: ``%arg0``."""
        self.argument += 1
        return self.suggested(f"arg{self.argument - 1}")

    def suggested(self, name: str) -> str:
        """The name if it is free, else the name with the next conflict number that is."""
        unique = name
        while self._is_used(unique):
            unique = f"{name}_{self.conflict}"
            self.conflict += 1
        self._used.add(unique)
        return f"%{unique}"

    def _is_used(self, name: str) -> bool:
        return name in self._used or any(name in names for names in self._outer)

    # -- over the IR -----------------------------------------------------------------------

    def name_results(self, op: Operation, table: Table) -> None:
        """Names the results of one operation."""
        results = op.results
        if not results:
            return
        single: Sequence[str] = ()
        if self.suggests:
            known: Sequence[str] | None = getattr(op, "RESULT_NAMES", None)
            single = result_names(op) if known is None else known
        if single:
            for result, name in zip(results, single, strict=True):
                table[result] = self.suggested(name)
            return
        suggest: Callable[[], str | None] | None = None
        if self.suggests:
            suggest = getattr(op, "result_name", None)
        suggestion = None if suggest is None else suggest()
        name = self.number() if suggestion is None else self.suggested(suggestion)
        if len(results) == 1:
            table[results[0]] = name
        else:
            table.update({result: f"{name}#{i}" for i, result in enumerate(results)})

    def name_arguments(self, block: Block, table: Table) -> None:
        """Names the arguments of one block."""
        region = block.parent
        entry = region is not None and region.blocks[0] is block
        owner = block.parent_op()
        suggest: Callable[[int], str | None] | None = None
        if self.suggests:
            suggest = getattr(owner, "argument_name", None)
        for argument in block.args:
            suggestion = None if suggest is None else suggest(argument.index)
            if suggestion is not None:
                table[argument] = self.suggested(suggestion)
            else:
                table[argument] = self.next_argument() if entry else self.number()

    def name_region(self, region: Region, table: Table) -> None:
        """Names everything in the region, nested regions included.

        Regions are taken from a list, not by recursion: depth is bounded by memory alone.
        """
        pending: list[tuple[Names, Region]] = [(self, region)]
        while pending:
            names, current = pending.pop()
            nested: list[Region] = []
            for block in current.blocks:
                names.name_arguments(block, table)
                for op in block.ops:
                    names.name_results(op, table)
                    nested += op.regions
            pending.extend((names.fork() if self.suggests else names, r) for r in nested)


def name_values(op: Operation, *, suggests: bool = True) -> Table:
    """The names of all values in the regions of ``op``, a function or a module.

    Without ``suggests`` they are those of the generic form: numbers and ``%arg0``.
    """
    table: Table = {}
    names = Names(suggests=suggests)
    for region in op.regions if suggests else reversed(op.regions):
        (names.fork() if suggests else names).name_region(region, table)
    return table
