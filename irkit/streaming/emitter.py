"""Forward emission: names the values of each record and fills the templates."""

from __future__ import annotations

from typing import Protocol

from irkit.streaming.nested_names import NUMBER, NameCounters
from irkit.streaming.record import ARGUMENT, DEAD, FLAG, PARAMETER, WORD, ChunkRecord
from irkit.streaming.template import RESULT, Template, TemplateStore
from passes.bounded_cache import BoundedCache

INDENT = "    "

LONG = 1 << 14
"""Characters of a line that is not gathered with others: a large constant's."""


class Sink(Protocol):
    """Where the lines of a function's body go."""

    def text(self, text: str) -> None:
        """Whole lines."""
        ...

    def parameter(self, position: int, name: str) -> None:
        """The line that defines a parameter under the given name."""
        ...

    def nested(self, template: int, names: list[str]) -> None:
        """The lines of an operation with regions, by its template's number; ``names`` are its
        result's and its operands', then those of further results that have one each."""
        ...


class Names(Protocol):
    """The name that a parameter's operation suggests, by the parameter's position."""

    def __call__(self, position: int, /) -> str: ...


class Emitter:
    """Writes the body of one function, record by record.

    Between records it holds the names of the words that later ones read (``names``) and of the
    parameters.
    """

    def __init__(self, templates: TemplateStore, sink: Sink, parameter_name: Names) -> None:
        self._templates = templates
        self._sink = sink
        self._parameter_name = parameter_name
        self.counters = NameCounters()
        self.names: dict[int, str] = {}
        self._compiled: BoundedCache[int, _Compiled] = BoundedCache()

    def name_of(self, word: int) -> str:
        """The name of a value that left its chunk, an argument or a parameter."""
        if word & ARGUMENT:
            return f"%arg{word ^ ARGUMENT}"
        return self.names[word]

    def emit(self, record: ChunkRecord) -> None:
        """Writes the lines of the operations that are not flagged dead."""
        names = self._live_in_names(record)
        compiled = [self._compile(t) for t in record.templates]
        counters = self.counters
        operands = record.operands
        lines: list[str] = []
        start = 0
        for entry in record.operations:
            if entry & DEAD:
                c = compiled[entry ^ DEAD]
                start += c.reads
                names.extend([""] * c.results)
                continue
            c = compiled[entry]
            if c.names:
                results = [counters.name(request) for request in c.names]
                read = [names[n] for n in operands[start : start + c.reads]]
                self._several(c, results, read, lines)
                start += c.reads
                names.extend(results)
                continue
            if c.request == NUMBER and c.results:
                result = f"%{counters.number}"
                counters.number += 1
            elif c.results:
                result = counters.name(c.request)
            else:
                result = ""
            if c.format is not None:
                lines.append(
                    c.format
                    % tuple(
                        [result if h == RESULT else names[operands[start + h]] for h in c.holes]
                    )
                )
                if c.long:
                    self._flush(lines)
            else:
                self._flush(lines)
                self._special(c, result, [names[n] for n in operands[start : start + c.reads]])
            start += c.reads
            if c.results == 1:
                names.append(result)
            else:
                names.extend([f"{result}#{i}" for i in range(c.results)])
        self._flush(lines)
        word = record.first_word
        for entry in record.live_outs:
            if not entry & FLAG:
                self.names[word] = names[entry]
            word += 1

    def _live_in_names(self, record: ChunkRecord) -> list[str]:
        names: list[str] = []
        for entry in record.live_ins:
            word = entry & WORD
            if word & ARGUMENT:
                names.append(f"%arg{word ^ ARGUMENT}")
            elif entry & FLAG:
                names.append(self.names.pop(word))
            else:
                names.append(self.names.get(word, ""))
        return names

    @staticmethod
    def _several(c: _Compiled, results: list[str], read: list[str], lines: list[str]) -> None:
        """An operation that names each of its results."""
        filled = [results[0], *read, *results[1:]]
        assert c.format is not None, "no operation of that kind has regions"
        lines.append(c.format % tuple([filled[hole - RESULT] for hole in c.holes]))

    def _special(self, c: _Compiled, result: str, names: list[str]) -> None:
        if c.parameter is not None:
            self.names[c.parameter | PARAMETER] = result
            self._sink.parameter(c.parameter, result)
        else:
            self._sink.nested(c.number, [result, *names])

    def _flush(self, lines: list[str]) -> None:
        if lines:
            self._sink.text("".join(lines))
            lines.clear()

    def _compile(self, encoded: int) -> _Compiled:
        if encoded & PARAMETER:
            return _Compiled.of_parameter(encoded ^ PARAMETER, self._parameter_name)
        found = self._compiled.get(encoded)
        if found is None:
            found = _Compiled(self._templates.get(encoded), encoded)
            self._compiled.keep(encoded, found, found.bytes)
        return found


class _Compiled:
    """A template as a ``%`` format, where that is all it takes."""

    __slots__ = (
        "bytes",
        "format",
        "holes",
        "long",
        "names",
        "number",
        "parameter",
        "reads",
        "request",
        "results",
    )

    def __init__(self, template: Template | None, number: int = 0) -> None:
        self.number = number
        self.parameter: int | None = None
        self.format: str | None = None
        self.holes: tuple[int, ...] = ()
        self.reads, self.results, self.request, self.bytes = 0, 1, NUMBER, 0
        self.long = False
        self.names: tuple[str, ...] = ()
        if template is None:
            return
        self.reads, self.results = template.operands, template.results
        self.request = template.suggestion or NUMBER
        self.names = template.names
        self.bytes = template.bytes
        self.long = self.bytes > LONG
        if template.nested is None:
            self.format = format_of(template.pieces)
            self.holes = template.holes

    @classmethod
    def of_parameter(cls, position: int, suggest: Names) -> _Compiled:
        made = cls(None)
        made.parameter = position
        made.request = suggest(position)
        return made


def format_of(pieces: tuple[str, ...]) -> str:
    """One line with ``%s`` for each hole."""
    return INDENT + "%s".join(piece.replace("%", "%%") for piece in pieces) + "\n"


class NestedText:
    """Fills the templates of operations with regions, once their function is numbered.

    ``final`` is the function's last naming state, in which every nested region starts.
    """

    def __init__(self, templates: TemplateStore, final: NameCounters) -> None:
        self._templates = templates
        self._final = final
        self._formats: BoundedCache[int, tuple[str, tuple[int, ...]]] = BoundedCache()

    def fill(self, template: int, names: list[str]) -> str:
        """The operation's lines; ``names`` holds the result's name, then the operands', then those
        of further results that have one each."""
        found = self._formats.get(template)
        if found is None:
            found = self._format(self._templates.get(template))
            self._formats.keep(template, found, len(found[0]) + 8 * len(found[1]))
        format_, holes = found
        return format_ % tuple([names[hole - RESULT] for hole in holes])

    def _format(self, template: Template) -> tuple[str, tuple[int, ...]]:
        """The template with the inner names in place, and the holes that are left."""
        inside = [] if template.nested is None else template.nested.names(self._final)
        pieces = [template.pieces[0]]
        holes: list[int] = []
        for hole, piece in zip(template.holes, template.pieces[1:], strict=True):
            if hole >= RESULT:
                holes.append(hole)
                pieces.append(piece)
            else:
                pieces[-1] += inside[RESULT - 1 - hole] + piece
        return format_of(tuple(pieces)), tuple(holes)
