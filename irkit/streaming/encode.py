"""From a closed, verified and pruned xDSL region to a record of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Block, Operation, SSAValue

from dialects.chunk import ParameterOp
from irkit.streaming.record import PARAMETER, ChunkRecord
from irkit.streaming.template import TemplateStore, render
from passes.effects import Removability
from passes.signature import SignatureTable

# pyright: reportPrivateUsage=false


class Encoder:
    """Writes regions as records; renders each signature once."""

    def __init__(
        self, store: TemplateStore, effects: Removability, signatures: SignatureTable
    ) -> None:
        self._store = store
        self._effects = effects
        self._signatures = signatures

    def encode(
        self,
        block: Block,
        live_ins: Sequence[int],
        references: Sequence[tuple[SSAValue, int]],
        live_outs: Sequence[SSAValue],
        parameters: Mapping[str, int],
        first_word: int,
        scope: str,
    ) -> ChunkRecord:
        """The record of ``block``.

        ``live_ins`` are the words of its arguments, ``references`` the parameters of earlier
        chunks that it reads with their words, ``live_outs`` the terminator's operands;
        ``parameters`` gives the position of each parameter by name.
        """
        record = ChunkRecord(first_word, scope=scope)
        record.live_ins.extend(live_ins)
        local: dict[int, int] = {id(argument): i for i, argument in enumerate(block._args)}
        position_of: dict[int, int] = {}
        for value, word in references:
            local[id(value)] = len(record.live_ins)
            record.live_ins.append(word)
        number = len(record.live_ins)
        signature_of = self._signatures.with_captures
        operations, operands = record.operations.append, record.operands.append
        op = block._first_op
        last = block._last_op
        while op is not last and op is not None:
            captured: Sequence[SSAValue] = ()
            if op.__class__ is ParameterOp:
                template = _declared(op, parameters)
            else:
                signature, captured = signature_of(op)
                template = signature.template
                if template is None:
                    template = self._store.add(render(op, captured, self._effects))
                    signature.template = template
            if template is not None:
                position = position_of.get(template)
                if position is None:
                    position = position_of[template] = len(position_of)
                    record.templates.append(template)
                operations(position)
                for operand in op._operands:
                    operands(local[id(operand)])
                for operand in captured:
                    operands(local[id(operand)])
                for result in op.results:
                    local[id(result)] = number
                    number += 1
            op = op._next_op
        record.live_outs.extend(local[id(value)] for value in live_outs)
        return record


def _declared(op: Operation, parameters: Mapping[str, int]) -> int | None:
    """The pseudo-template of a declaration, or none for a mere reference."""
    if "declares" not in op.properties:
        return None
    name = op.properties["parameter"]
    assert isinstance(name, StringAttr)
    return PARAMETER | parameters[name.data]
