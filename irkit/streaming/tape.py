"""Recording into bounded chunks: each is one xDSL region that is closed, checked and let go."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence

from xdsl.dialects.builtin import StringAttr, TensorType, UnitAttr
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from dialects.chunk import ParameterOp, YieldOp
from dialects.func import FuncOp
from irkit.artifact.form import Parameter
from irkit.errors import EscapeError, RecordingError
from irkit.op_construction import append_op, release_block
from irkit.policy import Policy
from irkit.streaming.encode import Encoder
from irkit.streaming.record import ARGUMENT, PARAMETER, ChunkRecord
from irkit.streaming.function_text import function_text
from irkit.streaming.spool import Spool
from irkit.streaming.template import TemplateStore
from irkit.tape import UNBOUNDED
from irkit.value import Value
from passes.effects import Removability
from passes.prune import PrunePass
from passes.signature import SignatureTable
from passes.verify import VerifyPass

# pyright: reportPrivateUsage=false

ESCAPED = -2
"""Word of a value whose scope ended without declaring it."""

OPERATION_BYTES = 900
"""What an open chunk holds for an operation, measured (benchmarks/held_bytes.py)."""

OPERAND_BYTES = 250
"""The same for each operand."""


class ChunkedTape:
    """Receives operations; hands each closed chunk on as a :class:`ChunkRecord`.

    ``parameters_are_arguments`` binds parameters to function arguments, in order of declaration.
    With ``prune`` false nothing is dropped, for a program that is to be printed as recorded.
    """

    def __init__(
        self,
        policy: Policy,
        templates: TemplateStore,
        on_record: Callable[[ChunkRecord], None],
        *,
        parameters_are_arguments: bool,
        prune: bool = True,
    ) -> None:
        self._policy = policy
        self._on_record = on_record
        effects = Removability()
        self._signatures = SignatureTable()
        self._verify = VerifyPass(self._signatures)
        self._encoder = Encoder(templates, effects, self._signatures)
        self._prune = PrunePass(effects) if prune else None
        self._parameters_are_arguments = parameters_are_arguments
        self._declared = policy.live_outs == "declared"
        self.functions = Spool(1 << 20, policy.log_directory)
        self.arguments: list[tuple[str, TensorType[Attribute]]] = []
        self.parameters: dict[str, int] = {}
        self.parameter_types: list[TensorType[Attribute]] = []
        self._parameter_names: list[str] = []
        self.operations_recorded = 0
        self.pruned_in_chunks = 0
        self.chunks = 0
        self._next_word = 0
        self._scope = ""
        self._inside = False
        self._unread: dict[int, str] = {}
        """Declared live-outs that no kept operation has read yet, with their scope."""
        self._open()

    def _open(self) -> None:
        self.block = Block()
        self._operations = 0
        self._handles: list[weakref.ref[Value]] = []
        self._live_ins: dict[int, SSAValue] = {}
        self._block_arguments: list[BlockArgument] = []
        self._argument_words: list[int] = []
        self._references: dict[str, Operation] = {}
        self._declarations: dict[str, Operation] = {}

    # -- the Tape protocol -----------------------------------------------------------------------

    def cost(self, op: Operation) -> int:
        """One operation, or the bytes it is estimated to hold."""
        policy = self._policy
        if policy.chunk_end != "bytes":
            return 1
        held = sum(
            OPERATION_BYTES + OPERAND_BYTES * len(o.operands) + _constant_bytes(o)
            for o in op.walk()
        )
        return max(held, -(-self.room() // policy.max_operations))

    def room(self) -> int:
        """The policy's bound on one chunk, in the units of :meth:`cost`."""
        policy = self._policy
        if policy.chunk_end == "never":
            return UNBOUNDED
        if policy.chunk_end == "bytes":
            return policy.chunk_bytes or UNBOUNDED
        if policy.chunk_end == "operations":
            return min(policy.operations or UNBOUNDED, policy.max_operations)
        return policy.max_operations

    def make_room(self) -> None:
        """Closes the open chunk; what may still be read is what a Python handle is left of."""
        if self._declared and self._inside:
            raise EscapeError(
                f"scope {self._scope!r} has more operations than the policy's max_operations "
                f"({self._policy.max_operations}); with declared live-outs a chunk ends only where "
                "a scope does: raise the bound or match smaller scopes"
            )
        self._close(self._alive())

    def recorded(self, values: Sequence[Value]) -> None:
        """Remembers the handles weakly: a value whose handle is gone can not be read again."""
        self._operations += 1
        self.operations_recorded += 1
        handles = self._handles
        for value in values:
            handles.append(weakref.ref(value))

    def enter(self, value: Value) -> SSAValue:
        """The block argument (or parameter reference) that stands for an earlier value."""
        word = value._word
        found = self._live_ins.get(word)
        if found is not None:
            return found
        if word == ESCAPED:
            raise self._escaped(value)
        if word & PARAMETER:
            name = self._parameter_names[word ^ PARAMETER]
            op = append_op(
                Block(), ParameterOp, (), (value.type,), {"parameter": StringAttr(name)}
            )
            # A reference goes to the head of the block: it may be first read inside a region.
            op.detach()
            _prepend(self.block, op)
            self._references[name] = op
            found = op.results[0]
        else:
            found = BlockArgument(value.type, self.block, len(self._block_arguments))
            self._block_arguments.append(found)
            self._argument_words.append(word)
        self._live_ins[word] = found
        return found

    def argument(self, value: Value, name: str) -> None:
        """Arguments are live-ins of every chunk that reads them."""
        value._word = ARGUMENT | len(self.arguments)
        self.arguments.append((name, value.type))

    def parameter(self, value: Value, name: str) -> None:
        """The first mention of a parameter fixes where it is printed."""
        if self._parameters_are_arguments:
            self.argument(value, name)
            return
        position = self.parameters[name] = len(self.parameters)
        self.parameter_types.append(value.type)
        self._parameter_names.append(name)
        op = append_op(
            self.block,
            ParameterOp,
            (),
            (value.type,),
            {"parameter": StringAttr(name), "declares": UnitAttr()},
        )
        value._word = PARAMETER | position
        self._live_ins[value._word] = op.results[0]
        self._declarations[name] = op
        self._operations += 1
        self.operations_recorded += 1

    def enter_scope(self, name: str) -> bool:
        """A matching scope starts a chunk of its own."""
        self._scope = name
        if not self._policy.ends_chunk_at(name):
            return False
        if self._operations:
            self._close(self._alive())
        self._inside = True
        return True

    def leave_scope(self, name: str, live_outs: Sequence[Value] | None) -> bool:
        """A matching scope ends its chunk, with the live-outs it declared."""
        self._scope = name
        if not self._policy.ends_chunk_at(name):
            return False
        self._inside = False
        if not self._declared:
            self._close(self._alive())
            return True
        if live_outs is None:
            raise EscapeError(
                f"scope {name!r} declares no live-outs; call scope.returns(...) before it ends"
            )
        self._close(list({id(v): v for v in live_outs if v._ssa is not None}.values()))
        return True

    def define(self, function: FuncOp) -> None:
        """A private function is checked, pruned and rendered whole, and its text kept."""
        if self._prune is not None:
            self._prune.run(function.body)
        self._verify.run(function.body)
        self._signatures.forget_operations()
        self.functions.append(function_text(function).encode())
        release_block(function.body.block)

    # -- closing ---------------------------------------------------------------------------------

    def finish(self, outputs: Sequence[Value]) -> list[int]:
        """Closes the last chunk, whose live-outs are the outputs made in it; gives their words.

        Raises ``EscapeError`` for declared live-outs that nothing reads.
        """
        self._close(list({id(v): v for v in outputs if v._ssa is not None}.values()))
        words = [value._word for value in outputs]
        for value in outputs:
            if value._word == ESCAPED:
                raise self._escaped(value)
        if self._declared:
            for word in words:
                self._unread.pop(word, None)
            if self._unread:
                shown = "; ".join(list(self._unread.values())[:5])
                raise EscapeError(
                    f"{len(self._unread)} declared values are never read, first {shown}: declare "
                    "only what later scopes read, or use a policy that discovers live-outs"
                )
        return words

    def parameter_at(self, position: int) -> Parameter:
        """The parameter that was declared at this position."""
        return Parameter(self._parameter_names[position], self.parameter_types[position])

    def _alive(self) -> list[Value]:
        values = [handle() for handle in self._handles]
        return [v for v in values if v is not None and v._ssa is not None]

    def _close(self, live_outs: list[Value]) -> None:
        block = self.block
        block._args = tuple(self._block_arguments)
        leaving: list[SSAValue] = [v._ssa for v in live_outs if v._ssa is not None]
        append_op(block, YieldOp, leaving, (), {})
        region = Region(block)
        if self._prune is not None:
            self.pruned_in_chunks += self._prune.run(region).removed
        try:
            self._verify.run(region)
        except VerifyException as error:
            raise RecordingError(f"chunk {self.chunks} ({self._scope}): {error}") from error
        references = [
            (op.results[0], self.parameters[name] | PARAMETER)
            for name, op in self._references.items()
            if op.parent is not None
        ]
        first_word = self._next_word
        record = self._encoder.encode(
            block,
            self._argument_words,
            references,
            leaving,
            self.parameters,
            first_word,
            self._scope,
        )
        if self._declared:
            self._track_unread(references, first_word, len(live_outs))
        for value in self._alive():
            value._ssa = None
            value._word = ESCAPED
        for offset, value in enumerate(live_outs):
            value._ssa = None
            value._word = first_word + offset
        self._next_word = first_word + len(live_outs)
        self.chunks += 1
        self._signatures.forget_operations()
        region.__dict__.clear()
        release_block(block)
        self._open()
        self._on_record(record)

    def _track_unread(
        self, references: Sequence[tuple[SSAValue, int]], first_word: int, live_outs: int
    ) -> None:
        unread = self._unread
        for argument, word in zip(self._block_arguments, self._argument_words, strict=True):
            if argument.first_use is not None:
                unread.pop(word, None)
        for _, word in references:
            unread.pop(word, None)
        for name, op in self._declarations.items():
            if op.results[0].first_use is None:
                unread[self.parameters[name] | PARAMETER] = f"parameter {name!r}"
        where = f"of scope {self._scope!r}" if self._scope else "made outside of scopes"
        for offset in range(live_outs):
            unread[first_word + offset] = f"value {offset} {where}"

    def _escaped(self, value: Value) -> EscapeError:
        return EscapeError(
            f"{value!r} is read after its scope ended, which did not declare it: add it to "
            "scope.returns(...)"
        )


def _prepend(block: Block, op: Operation) -> None:
    if block.first_op is None:
        block.add_op(op)
    else:
        block.insert_op_before(op, block.first_op)


def _constant_bytes(op: Operation) -> int:
    return sum(
        len(data)
        for attribute in op.properties.values()
        if isinstance(data := getattr(getattr(attribute, "data", None), "data", None), bytes)
    )
