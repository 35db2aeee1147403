"""Paths from a value to the outputs, read from the op log."""

from __future__ import annotations

from dialects.func import CallOp
from irkit.errors import RecordingError
from irkit.explanation import Explanation
from irkit.streaming.program import StreamedProgram
from irkit.streaming.record import DEAD, PARAMETER, WORD, ChunkRecord
from irkit.streaming.template import Template
from irkit.value import Value


class _Reader:
    """An operation that reads the value, directly or through others."""

    __slots__ = ("name", "reads")

    def __init__(self, name: str, reads: _Reader | None) -> None:
        self.name = name
        self.reads = reads

    def path(self) -> tuple[str, ...]:
        steps: list[str] = []
        reader: _Reader | None = self
        while reader is not None:
            steps.append(reader.name)
            reader = reader.reads
        return tuple(reversed(steps))


_START = _Reader("", None)


def explain(program: StreamedProgram, value: Value | str) -> Explanation:
    """Follows the readers of ``value`` forward through the log, which was swept.

    With declared live-outs there is no log, and nothing that leaves a chunk is dropped.

    Memory grows with the number of values that depend on it.
    Raises ``RecordingError`` for a value that the log does not have.
    """
    word = _word(program, value)
    if program.emitted_as_recorded:
        return Explanation(True, (), "declared, and read by what leads to an output")
    outputs = dict(zip(program.roots, program.outputs, strict=True))
    if word in outputs:
        return Explanation(True, (), f"output {outputs[word]!r}")
    reached: dict[int, _Reader] = {word: _START}
    last = _START
    for record in program.log:
        last, effect = _follow(program, record, reached, last)
        if effect:
            return Explanation(True, last.path()[1:], "an effect")
        for found, name in outputs.items():
            if found in reached:
                return Explanation(True, reached[found].path()[1:], f"output {name!r}")
    return Explanation.of_dropped(last.path()[1:])


def _word(program: StreamedProgram, value: Value | str) -> int:
    if isinstance(value, str):
        if value not in program.words:
            raise RecordingError(f"no output called {value!r}")
        word = program.words[value]
    elif value.builder is not program.builder:
        raise RecordingError(
            f"{value!r} was not recorded in this graph; a streamed graph is recorded when it is "
            "first asked for something, and again for other outputs"
        )
    else:
        word = value.word
    if word < 0:
        raise RecordingError(f"{value!r} did not leave its chunk, so the log has no name for it")
    return word


def _follow(
    program: StreamedProgram, record: ChunkRecord, reached: dict[int, _Reader], last: _Reader
) -> tuple[_Reader, bool]:
    """Marks what the record's operations make of the reached words; true at a kept effect."""
    local: dict[int, _Reader] = {
        number: reached[entry & WORD]
        for number, entry in enumerate(record.live_ins)
        if entry & WORD in reached
    }
    for offset, entry in enumerate(record.live_outs):
        if record.first_word + offset in reached:  # the value itself, defined here
            local[entry & WORD] = reached[record.first_word + offset]
    number = len(record.live_ins)
    start = 0
    for entry in record.operations:
        encoded = record.templates[entry & ~DEAD]
        if encoded & PARAMETER:
            if encoded in reached:
                local[number] = reached[encoded]
            number += 1
            continue
        template = program.log.templates.get(encoded)
        reads = record.operands[start : start + template.operands]
        source = next((local[n] for n in reads if n in local), None)
        if source is not None:
            last = _Reader(_operation_name(template, record.scope), source)
            if not template.removable and not entry & DEAD:
                return last, True
            for result in range(number, number + template.results):
                local[result] = last
        number += template.results
        start += template.operands
    for offset, entry in enumerate(record.live_outs):
        if entry & WORD in local:
            reached.setdefault(record.first_word + offset, local[entry & WORD])
    return last, False


def _operation_name(template: Template, scope: str) -> str:
    # Names of the results come first: one for all, or one each.
    text = template.pieces[len(template.names) or 1] if template.results else template.pieces[0]
    name = text.partition(" = ")[2] if template.results else text
    name = name.split("(")[0].split(" ")[0].strip('"')
    name = CallOp.name if name == "call" else name
    return f"{name} [{scope}]" if scope else name
