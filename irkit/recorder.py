"""Recording operations, regions included: what the public builder is made of."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from dialects.constraints import ConstraintError
from dialects.func import CallOp
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.control_flow import ReturnOp
from irkit.errors import BuildError, RecordingError, located
from irkit.op_construction import abandon_block, append_op, release_block
from irkit.tape import Tape
from irkit.types import DTypeLike, tensor
from irkit.value import NO_WORD, Value
from passes.bounded_cache import BoundedCache, attribute_bytes


@dataclass(frozen=True, slots=True)
class Body:
    """A region to be built: its argument types, and the callable that records it."""

    arg_types: Sequence[TensorType[Attribute]]
    build: Callable[..., Value | Sequence[Value]]


class _Made:
    """What is known of a signature: enough to make the next operation that has it."""

    __slots__ = ("bytes", "cost", "properties", "result_types", "types")

    def __init__(
        self,
        properties: Mapping[str, Attribute],
        result_types: Sequence[TensorType[Attribute]],
        cost: int,
        types: tuple[Attribute, ...],
    ) -> None:
        self.properties = properties
        self.result_types = result_types
        self.cost = cost
        self.bytes = sum(map(attribute_bytes, properties.values()))
        # Keeps the operand types alive: the memo's key holds their ids.
        self.types = types


class Recorder:
    """Appends operations to the open chunk of a tape; what is the same for equal signatures is
    found out once.

    :class:`~irkit.builder.Builder` is the one class made of it, so every recorder is a builder.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._block: Block = tape.block
        self._room = tape.room()
        self._full = self._room
        self._memo: BoundedCache[Hashable, _Made] = BoundedCache()
        self._types: BoundedCache[Attribute, Attribute] = BoundedCache()
        self._frames: list[list[weakref.ref[Value]]] = []
        """For each open region, innermost last, the values recorded in it."""
        self._closed = False
        self._named: weakref.WeakKeyDictionary[Value, str] = weakref.WeakKeyDictionary()
        """What messages call arguments and parameters, after the recording, too."""

    def append(
        self,
        cls: type[StableHLOOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...] = (),
        properties: Callable[..., Mapping[str, Attribute]] | None = None,
    ) -> Value:
        """Records an operation with one result; see :func:`irkit.emit.emit`."""
        if self._room <= 0:
            self._make_room(f"{cls.name}: ")
        try:
            memo_key = (cls, key, *[id(v.type) for v in operands])
            made = self._memo.get(memo_key)
            if made is None:
                made = self._infer(cls, operands, key, properties)
                self._memo.keep(memo_key, made, made.bytes)
            return self._append_made(cls, operands, made)
        except AttributeError:
            self._check_operands(cls, operands)
            raise

    def _append_made(
        self, cls: type[StableHLOOp], operands: tuple[Value, ...], made: _Made
    ) -> Value:
        ssa = [
            v.ssa if v.ssa is not None and v.builder is self else self._resolve(v, cls, operands)
            for v in operands
        ]
        op = append_op(self._block, cls, ssa, made.result_types, made.properties)
        value = Value(self, made.result_types[0], op.results[0])  # pyright: ignore[reportArgumentType]
        self._finish_op(made.cost, (value,))
        return value

    def _check_operands(self, cls: type[Operation], operands: Sequence[object]) -> None:
        for number, operand in enumerate(operands):
            if not isinstance(operand, Value):
                self._refuse(
                    f"{cls.name}: operand {number} is {operand!r:.80}, not a Value; make one with "
                    "builder.constant"
                )

    def append_many(
        self,
        cls: type[StableHLOOp] | type[CallOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...] = (),
        properties: Callable[..., Mapping[str, Attribute]] | None = None,
        result_types: Sequence[Attribute] | None = None,
    ) -> tuple[Value, ...]:
        """Records an operation with any number of results; ``result_types`` where none follow
        from the operands (they belong into ``key`` too)."""
        if self._room <= 0:
            self._make_room(f"{cls.name}: ")
        self._check_operands(cls, operands)
        memo_key = (cls, key, *[id(v.type) for v in operands])
        made = self._memo.get(memo_key)
        if made is None:
            made = self._infer(cls, operands, key, properties, result_types)
            self._memo.keep(memo_key, made, made.bytes)
        ssa = [self._resolve(v, cls, operands) for v in operands]
        op = append_op(self._block, cls, ssa, made.result_types, made.properties)
        return self._finish_many(op, made)

    def append_with_regions(
        self,
        cls: type[StableHLOOp],
        operands: tuple[Value, ...],
        properties: Mapping[str, Attribute],
        bodies: Sequence[Body],
        result_types: Sequence[Attribute] | None = None,
        *,
        key: tuple[Hashable, ...] | None = None,
    ) -> tuple[Value, ...]:
        """Records an operation with regions; see :func:`irkit.emit.emit_region_op`."""
        if self._room <= 0:
            self._make_room(f"{cls.name}: ")
        self._check_operands(cls, operands)
        ssa = [self._resolve(v, cls, operands) for v in operands]
        types = tuple(v.type for v in operands)
        memo_key = None if key is None else (cls, key, *map(id, types))
        made = None if memo_key is None else self._memo.get(memo_key)
        regions: list[Region] = []
        op: Operation | None = None
        try:
            for body in bodies:
                regions += [self._record_body(cls, body)]
            if made is not None:
                found: Sequence[Attribute] = made.result_types
            elif result_types is not None:
                found = result_types
            else:
                found = cls.infer(types, properties, regions)
            found = [self._intern(t) for t in found]
            op = append_op(self._block, cls, ssa, found, properties, regions)
            if made is None:
                op.verify_()
                made = _Made(properties, found, self._tape.cost(op), types)
                if memo_key is not None:
                    self._memo.keep(memo_key, made, made.bytes)
        except BaseException as error:
            if op is not None:
                self._block.erase_op(op)
            for region in regions:
                abandon_block(region.block)
            if isinstance(error, ConstraintError | VerifyException):
                self._refuse(_explain(error, cls, types))
            raise
        return self._finish_many(op, made)

    def _record_body(self, cls: type[StableHLOOp], body: Body) -> Region:
        block = Block(arg_types=body.arg_types)
        outer, self._block = self._block, block
        handles: list[weakref.ref[Value]] = []
        self._frames.append(handles)
        arguments = [
            Value(self, type_, argument)  # pyright: ignore[reportArgumentType]
            for type_, argument in zip(body.arg_types, block.args, strict=True)
        ]
        try:
            results = self._body_results(cls, body.build(*arguments))
            append_op(block, ReturnOp, [self._resolve(v, cls) for v in results], (), {})
        except BaseException:
            abandon_block(block)
            raise
        finally:
            self._block = outer
            self._frames.pop()
            for handle in (*handles, *map(weakref.ref, arguments)):
                value = handle()
                if value is not None:
                    value.ssa = None
                    value.word = NO_WORD
        return Region(block)

    def _body_results(self, cls: type[StableHLOOp], results: object) -> Sequence[Value]:
        if isinstance(results, Value):
            return (results,)
        if not isinstance(results, Sequence) or isinstance(results, str):
            self._refuse_result(cls, results)
        values: list[Value] = []
        for result in cast("Sequence[object]", results):
            if not isinstance(result, Value):
                self._refuse_result(cls, result)
            values.append(result)
        return values

    def _refuse_result(self, cls: type[StableHLOOp], result: object) -> NoReturn:
        self._refuse(
            f"{cls.name}: the callable of a region returned {result!r:.80}; it must return a Value "
            "or a sequence of Values"
        )

    # -- internals -----------------------------------------------------------------------------

    def _finish_op(self, cost: int, values: tuple[Value, ...]) -> None:
        if self._frames:
            self._frames[-1].extend(map(weakref.ref, values))
        else:
            self._room -= cost
            self._tape.recorded(values)

    def _finish_many(self, op: Operation, made: _Made) -> tuple[Value, ...]:
        values = tuple(
            Value(self, type_, result)  # pyright: ignore[reportArgumentType]
            for type_, result in zip(made.result_types, op.results, strict=True)
        )
        self._finish_op(made.cost, values)
        return values

    def _make_room(self, what: str = "") -> None:
        self._check_open(what)
        # A chunk ends between operations, never inside one: what is in a region takes no room.
        assert not self._frames
        self._tape.make_room()
        self._reopen()

    def _reopen(self) -> None:
        self._block = self._tape.block
        self._room = self._full

    def _resolve(
        self,
        value: Value,
        cls: type[Operation] | None = None,
        operands: Sequence[Value] | None = None,
    ) -> SSAValue:
        """The value's own name in the open chunk; for messages, the operation that reads it, and as
        one of which operands (None: as a result of its region)."""
        if not self._owns(value):
            self.own(value, _reader(value, cls, operands))
        if value.ssa is not None:
            return value.ssa
        self._check_open()
        return self._tape.enter(value)

    @property
    def operations_recorded(self) -> int:
        """Operations so far, those inside regions not counted; 0 after the recording."""
        return 0 if self._closed else self._tape.operations_recorded

    def ssa(self, value: Value) -> SSAValue:
        """The xDSL value that ``value`` stands for now; with chunks, only the open one's.

        Raises :class:`~irkit.errors.BuildError` as :meth:`own` does.
        """
        return self._resolve(value)

    def _owns(self, value: Value) -> bool:
        return (
            isinstance(value, Value)  # pyright: ignore[reportUnnecessaryIsInstance]
            and value.builder is self
            and (value.ssa is not None or value.word != NO_WORD)
        )

    def own(self, value: Value, reader: str = "") -> Value:
        """``value`` itself, if it is one that this builder recorded and that can still be read.

        Raises :class:`~irkit.errors.BuildError` otherwise; the message begins with ``reader``, what
        reads the value and as what.
        """
        if not self._owns(value):
            self._disown(value, reader)
        return value

    def _disown(self, value: Value, reader: str) -> NoReturn:
        before = f"{reader}, " if reader else ""
        if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
            self._refuse(f"{before}{value!r:.80} is no Value; make one with builder.constant")
        name = value.builder.name_of(value)
        before += f"{name}, " if name else ""
        if value.builder is not self:
            why = "belongs to another builder"
        else:
            why = "was made inside a region that is closed; return it from there"
        self._refuse(f"{before}{value!r} {why}")

    def name_of(self, value: Value) -> str:
        """``argument 'x'``, ``result of stablehlo.add``, or nothing where that is gone."""
        if value in self._named:
            return self._named[value]
        owner = None if value.ssa is None else value.ssa.owner
        return f"result of {owner.name}" if isinstance(owner, Operation) else ""

    def _infer(
        self,
        cls: type[StableHLOOp] | type[CallOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...],
        properties: Callable[..., Mapping[str, Attribute]] | None,
        result_types: Sequence[Attribute] | None = None,
    ) -> _Made:
        self._check_open(f"{cls.name}: ")
        for value in operands:
            self._resolve(value, cls, operands)
        types = tuple(v.type for v in operands)
        scratch = Block(arg_types=types)
        made_properties: Mapping[str, Attribute] = {}
        try:
            if properties is not None:
                made_properties = properties(*key)
            if result_types is None:
                result_types = (
                    cls.infer(types, made_properties) if issubclass(cls, StableHLOOp) else ()
                )
            interned = [self._intern(t) for t in result_types]
            op = append_op(scratch, cls, scratch.args, interned, made_properties)
            op.verify_()
            return _Made(made_properties, interned, self._tape.cost(op), types)
        except (ConstraintError, VerifyException) as error:
            self._refuse(_explain(error, cls, types))
        finally:
            release_block(scratch)

    def _intern(self, type_: Attribute) -> TensorType[Attribute]:
        found = self._types.get(type_)
        if found is None:
            self._types.keep(type_, type_)
            found = type_
        # Types of values that are no tensors (tokens, tuples) pass through as they are.
        return cast("TensorType[Attribute]", found)

    def _tensor(self, shape: Iterable[int], dtype: DTypeLike, what: str) -> TensorType[Attribute]:
        try:
            return self._intern(tensor(shape, dtype))
        except (TypeError, ValueError) as error:
            self._refuse(f"{what}: {error}")

    def _check_open(self, what: str = "") -> None:
        if self._closed:
            raise RecordingError(
                located(
                    f"{what}this builder's recording has ended; start another with irkit.record"
                )
            )

    def _refuse(self, text: str) -> NoReturn:
        raise BuildError(located(text)) from None

    def close(self) -> None:
        """Ends the recording; further calls raise ``RecordingError``."""
        if self._closed:
            return
        self._closed = True
        self._room = 0
        # Handles may outlive the recording; they must not hold its chunk and its log.
        del self._tape
        self._block = Block()
        self._memo.clear()
        self._types.clear()


def _reader(value: Value, cls: type[Operation] | None, operands: Sequence[Value] | None) -> str:
    if cls is None:
        return ""
    if operands is None:
        return f"{cls.name}: a result of its region"
    number = next(i for i, operand in enumerate(operands) if operand is value)
    return f"{cls.name}: operand {number}"


def _explain(error: Exception, cls: type[Operation], types: Sequence[Attribute]) -> str:
    text = str(error)
    text = text if text.startswith(cls.name) else f"{cls.name}: {text}"
    return f"{text}; operands: ({', '.join(map(str, types))})"
