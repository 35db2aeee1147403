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
from irkit.errors import BuildError, EscapeError, RecordingError, located
from irkit.op_construction import append_op, release_block
from irkit.policy import Policy
from irkit.streaming.encode import Encoder
from irkit.streaming.function_text import function_text
from irkit.streaming.record import ARGUMENT, PARAMETER, ChunkRecord
from irkit.streaming.spool import Spool
from irkit.streaming.template import TemplateStore
from irkit.tape import UNBOUNDED
from irkit.value import Value
from passes.bounded_cache import attribute_bytes
from passes.effects import Removability
from passes.prune import PrunePass
from passes.release import release_operation
from passes.signature import SignatureTable
from passes.verify import VerifyPass

# A block gets its arguments all at once, when the chunk is closed.
# pyright: reportPrivateUsage=false

ESCAPED = -2
"""Word of a value whose scope ended without declaring it."""

OPERATION_BYTES = 800
"""What an open chunk holds for an operation, measured (benchmarks/held_bytes.py)."""

OPERAND_BYTES = 110
"""The same for each operand."""


class ChunkedTape:
    """Receives operations; hands each closed chunk on as a :class:`ChunkRecord`.

    ``on_close`` is called when a chunk was closed. With declared live-outs ``on_forget`` is told
    the words that nothing can read any more.

    ``parameters_are_arguments`` binds parameters to function arguments, in order of declaration.
    With ``prune`` false nothing is dropped, for a program that is to be printed as recorded.
    """

    def __init__(
        self,
        policy: Policy,
        templates: TemplateStore,
        on_record: Callable[[ChunkRecord], None],
        *,
        on_close: Callable[[], object] | None = None,
        on_forget: Callable[[int], object] | None = None,
        parameters_are_arguments: bool,
        prune: bool = True,
    ) -> None:
        self._policy = policy
        self._on_record = on_record
        self._on_close = on_close
        self._on_forget = on_forget
        effects = Removability()
        self._signatures = SignatureTable()
        self._verify = VerifyPass(self._signatures)
        self._encoder = Encoder(templates, effects, self._signatures)
        self._prune = PrunePass(effects) if prune else None
        self._parameters_are_arguments = parameters_are_arguments
        self._declared = policy.live_outs == "declared"
        self.private_function: str | None = None
        self.functions = Spool(1 << 20, policy.log_directory)
        self.arguments: list[tuple[str, TensorType[Attribute]]] = []
        self.parameters: dict[str, int] = {}
        self.parameter_types: list[TensorType[Attribute]] = []
        self._parameter_names: list[str] = []
        self.operations_recorded = 0
        self.chunks = 0
        self._next_word = 0
        self._scopes: list[str] = []
        self._inside = 0
        """Open scopes that the policy's pattern matches."""
        self._unread: dict[int, str] = {}
        """Declared live-outs that no kept operation has read yet, with their scope."""
        self._exported: dict[int, weakref.ref[Value]] = {}
        """With declared live-outs: the handles of those that may still be read."""
        self._failure: BaseException | None = None
        self._open()

    def _open(self) -> None:
        self.block = Block()
        self._operations = 0
        self._handles: list[weakref.ref[Value]] = []
        self._live_ins: dict[int, SSAValue] = {}
        self._block_arguments: list[BlockArgument] = []
        self._argument_words: list[int] = []
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
        if policy.memory_limit is not None and held > self.room():
            raise BuildError(
                located(
                    f"{op.name}: holds {held:,} bytes, more than chunks.bytes {self.room():,}: "
                    "under memory.limit no operation may be larger than a chunk. Raise both, or "
                    "make large constants weights: builder.parameter"
                )
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
                located(
                    f"scope {self._scopes[-1]!r} has more operations than the policy's "
                    f"max_operations ({self._policy.max_operations}); with declared live-outs a "
                    "chunk ends only where a scope does: raise the bound or match smaller scopes"
                )
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
        word = value.word
        found = self._live_ins.get(word)
        if found is not None:
            return found
        if word == ESCAPED:
            raise self._escaped(value)
        if word & PARAMETER:
            name = self._parameter_names[word ^ PARAMETER]
            # A reference goes to the head of the block: it may be first read inside a region.
            op = append_op(Block(), ParameterOp, (), (value.type,), {"parameter": StringAttr(name)})
            op.detach()
            _prepend(self.block, op)
            found = op.results[0]
        else:
            found = BlockArgument(value.type, self.block, len(self._block_arguments))
            self._block_arguments.append(found)
            self._argument_words.append(word)
        self._live_ins[word] = found
        return found

    def argument(self, value: Value, name: str) -> None:
        """Arguments are live-ins of every chunk that reads them."""
        value.word = ARGUMENT | len(self.arguments)
        self.arguments.append((name, value.type))

    def parameter(self, value: Value, name: str) -> int:
        """The first mention of a parameter fixes where it is printed."""
        if self._parameters_are_arguments:
            self.argument(value, name)
            return 0
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
        value.word = PARAMETER | position
        self._live_ins[value.word] = op.results[0]
        self._declarations[name] = op
        self._operations += 1
        self.operations_recorded += 1
        return self.cost(op)

    def enter_scope(self, name: str) -> bool:
        """A matching scope starts a chunk of its own."""
        ends = self._policy.ends_chunk_at(name)
        closes = ends and self._operations > 0
        if closes:
            self._close(self._alive())
        self._scopes.append(name)
        self._inside += ends
        return closes

    def leave_scope(self, name: str, live_outs: Sequence[Value] | None) -> bool:
        """A matching scope ends its chunk, with the live-outs it declared."""
        if not self._policy.ends_chunk_at(name):
            self._scopes.pop()
            return False
        if self._declared and live_outs is None:
            self.abandon_scope(name)
            raise EscapeError(
                located(
                    f"scope {name!r} declares no live-outs; call scope.returns(...) before it ends"
                )
            )
        closes = self._operations > 0
        try:
            if closes:
                self._close(self._alive() if live_outs is None or not self._declared else live_outs)
        finally:
            self.abandon_scope(name)
        return closes

    def abandon_scope(self, name: str) -> None:
        """What the scope recorded stays in the open chunk, which goes on after it."""
        self._scopes.pop()
        self._inside -= self._policy.ends_chunk_at(name)

    def define(self, function: FuncOp) -> None:
        """A private function is checked, pruned and rendered whole, and its text kept."""
        if self._prune is not None:
            self._prune.run(function.body)
        try:
            self._verify.run(function.body)
            self.functions.append(function_text(function).encode())
        except VerifyException as error:
            self._failure = error
            raise RecordingError(f"function @{function.symbol}: {error}") from error
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._signatures.forget_operations()
        release_operation(function)

    # -- closing ---------------------------------------------------------------------------------

    def finish(self, outputs: Sequence[Value]) -> list[int]:
        """Closes the last chunk and gives the words of the outputs.

        What the caller still holds of the last chunk leaves it too, so that one can ask about it.
        Raises ``EscapeError`` for declared live-outs that nothing reads.
        """
        self._close(outputs if self._declared else [*outputs, *self._alive()])
        words = [value.word for value in outputs]
        for value in outputs:
            if value.word == ESCAPED:
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
        self._signatures.clear()
        return words

    def parameter_at(self, position: int) -> Parameter:
        """The parameter that was declared at this position."""
        return Parameter(self._parameter_names[position], self.parameter_types[position])

    def _alive(self) -> list[Value]:
        values = [handle() for handle in self._handles]
        return [v for v in values if v is not None and v.ssa is not None]

    def _close(self, live_outs: Sequence[Value]) -> None:
        if self._failure is not None:
            raise RecordingError(
                located(f"the recording can not go on after: {self._failure}")
            ) from self._failure
        leaving = list({id(v): v for v in live_outs if v.ssa is not None}.values())
        try:
            record = self._encode(leaving)
            self._open()
            self._on_record(record)
            if self._on_close is not None:
                self._on_close()
        except BaseException as error:
            # The chunk is lost: a forward that catches this must not go on without it.
            self._failure = error
            raise
        if self._on_forget is not None:
            self._forget_unreachable(leaving, self._on_forget)

    def _encode(self, live_outs: Sequence[Value]) -> ChunkRecord:
        """Checks and prunes the open chunk and takes it apart."""
        block = self.block
        scope = self._scopes[-1] if self._scopes else ""
        block._args = tuple(self._block_arguments)
        leaving: list[SSAValue] = [v.ssa for v in live_outs if v.ssa is not None]
        append_op(block, YieldOp, leaving, (), {})
        region = Region(block)
        if self._prune is not None:
            self._prune.run(region)
        try:
            self._verify.run(region)
        except VerifyException as error:
            raise RecordingError(f"chunk {self.chunks} ({scope}): {error}") from error
        references = self._references(block)
        first_word = self._next_word
        record = self._encoder.encode(
            block,
            self._argument_words,
            references,
            leaving,
            self.parameters,
            first_word,
            scope,
        )
        if self._declared:
            self._track_unread(references, first_word, leaving, scope)
        for value in self._alive():
            value.ssa = None
            value.word = ESCAPED
        for offset, value in enumerate(live_outs):
            value.ssa = None
            value.word = first_word + offset
        self._next_word = first_word + len(live_outs)
        self.chunks += 1
        self._signatures.forget_operations()
        vars(region).clear()
        release_block(block)
        return record

    def _references(self, block: Block) -> list[tuple[SSAValue, int]]:
        """The parameters of earlier chunks that the block reads, with their words."""
        found: list[tuple[SSAValue, int]] = []
        op = block.first_op
        # References stand before everything else.
        while isinstance(op, ParameterOp) and op.declares is None:
            found.append((op.value, self.parameters[op.parameter.data] | PARAMETER))
            op = op.next_op
        return found

    def _track_unread(
        self,
        references: Sequence[tuple[SSAValue, int]],
        first_word: int,
        leaving: Sequence[SSAValue],
        scope: str,
    ) -> None:
        """Notes what a later chunk must read for the emitted text to be the pruned one.

        A value that a scope declared must be read. One that leaves only because a handle of it is
        alive need not be where its own chunk reads it: then it is no reason to keep anything.
        """
        unread = self._unread
        for argument, word in zip(self._block_arguments, self._argument_words, strict=True):
            if argument.first_use is not None:
                unread.pop(word, None)
        for _, word in references:
            unread.pop(word, None)
        for name, op in self._declarations.items():
            if op.results[0].first_use is None:
                unread[self.parameters[name] | PARAMETER] = f"parameter {name!r}"
        where = f"of scope {scope!r}" if scope else "made outside of scopes"
        for offset, value in enumerate(leaving):
            if self._inside or value.has_one_use():  # the one use is the terminator's
                unread[first_word + offset] = f"value {offset} {where}"

    def _forget_unreachable(
        self, live_outs: Sequence[Value], forget: Callable[[int], object]
    ) -> None:
        """Tells which words nobody has a handle of any more; without a sweep, nothing else does."""
        exported = self._exported
        for value in live_outs:
            exported[value.word] = weakref.ref(value)
        for word in [word for word, handle in exported.items() if handle() is None]:
            del exported[word]
            forget(word)

    def _escaped(self, value: Value) -> EscapeError:
        return EscapeError(
            located(
                f"{value!r} is read after its scope ended, which did not declare it: add it to "
                "scope.returns(...)"
            )
        )


def _prepend(block: Block, op: Operation) -> None:
    if block.first_op is None:
        block.add_op(op)
    else:
        block.insert_op_before(op, block.first_op)


def _constant_bytes(op: Operation) -> int:
    return sum(map(attribute_bytes, op.properties.values()))
