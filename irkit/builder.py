"""The public builder: records a forward into xDSL operations."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import SymbolRefAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from dialects.constraints import ConstraintError
from dialects.func import CallOp
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.constant import ConstantOp
from dialects.stablehlo.control_flow import ReturnOp
from irkit.errors import BuildError, RecordingError, user_location
from irkit.functions import Function, FunctionBody, record_function
from irkit.op_construction import append_op, release_block
from irkit.tape import Tape
from irkit.types import DTypeLike, numpy_dtype, tensor
from irkit.value import NO_WORD, Value

if TYPE_CHECKING:
    from irkit.weights import WeightSource

MEMO_LIMIT = 1 << 14
"""Signatures remembered by one builder; over it the older half is forgotten."""


@dataclass(frozen=True, slots=True)
class Body:
    """A region to be built: its argument types, and the callable that records it."""

    arg_types: Sequence[TensorType[Attribute]]
    build: Callable[..., Value | Sequence[Value]]


class _Made:
    """What is known of a signature: enough to make the next operation that has it."""

    __slots__ = ("cost", "properties", "result_types", "types")

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
        # Keeps the operand types alive: the memo's key holds their ids.
        self.types = types


class Scope:
    """An open scope, given by ``with builder.scope(name) as scope``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.live_outs: list[Value] | None = None

    def returns(self, *values: Value) -> None:
        """Declares what later code reads of this scope; only a ``declared`` policy needs it."""
        self.live_outs = [*(self.live_outs or []), *values]


class Builder:
    """Records operations in the order in which they run.

    A builder is given to a forward by :func:`irkit.record` or :func:`irkit.lower`; it belongs to
    one thread. Every method raises :class:`~irkit.errors.BuildError` at the call that can not be
    recorded.
    """

    def __init__(self, tape: Tape, weights: WeightSource | None = None) -> None:
        self._tape = tape
        self._block: Block = tape.block
        self._room = tape.room()
        self._full = self._room
        self._weights = weights
        self._memo: dict[Hashable, _Made] = {}
        self._types: dict[Attribute, Attribute] = {}
        self._constants: dict[Hashable, Any] = {}
        self._parameters: dict[str, Value] = {}
        self._arguments: set[str] = set()
        self._functions: set[str] = set()
        self._scopes: list[str] = []
        self._frames: list[list[weakref.ref[Value]]] = []
        self._closed = False
        self.on_scope: Callable[[str], object] | None = None
        """Called with the dotted name of every scope that opens."""

    # -- arguments, parameters, constants ----------------------------------------------------

    def argument(self, name: str, shape: Sequence[int], dtype: DTypeLike) -> Value:
        """Declares the next argument of the lowered function.

        ``name`` must be new; ``shape`` and ``dtype`` give its tensor type.
        """
        self._check_open()
        if name in self._arguments or name in self._parameters:
            self._refuse(f"argument {name!r} was declared before; names are unique")
        self._arguments.add(name)
        value = Value(self, self._tensor(shape, dtype), None)
        self._tape.argument(value, name)
        return value

    def parameter(
        self, name: str, shape: Sequence[int] | None = None, dtype: DTypeLike | None = None
    ) -> Value:
        """A weight, by the name of its tensor in the weight source.

        Shape and dtype come from the source; given ones must agree with it, and must be given
        where there is no source. The same name gives the same value again.
        """
        self._check_open()
        known = self._parameters.get(name)
        type_ = self._parameter_type(name, shape, dtype, known)
        if known is not None:
            return known
        if name in self._arguments:
            self._refuse(f"parameter {name!r} has the name of an argument")
        if self._frames:
            self._refuse(
                f"parameter {name!r} is first used inside a region; declare it before the "
                "operation that has the region"
            )
        value = Value(self, type_, None)
        if self._room <= 0:
            self._make_room()
        self._tape.parameter(value, name)
        self._parameters[name] = value
        return value

    def _parameter_type(
        self,
        name: str,
        shape: Sequence[int] | None,
        dtype: DTypeLike | None,
        known: Value | None,
    ) -> TensorType[Attribute]:
        if known is not None:
            found = known.type
        elif self._weights is not None:
            info = self._weights.info(name)
            found = self._tensor(info.shape, info.dtype)
        elif shape is None or dtype is None:
            self._refuse(f"parameter {name!r} needs shape and dtype: there is no weight source")
        else:
            return self._tensor(shape, dtype)
        wanted = self._tensor(
            found.get_shape() if shape is None else shape,
            numpy_dtype(found.element_type) if dtype is None else dtype,
        )
        if wanted != found:
            where = "it was declared as" if known is not None else "the weight source has"
            self._refuse(f"parameter {name!r} is asked for as {wanted}, {where} {found}")
        return found

    def constant(self, value: npt.ArrayLike, dtype: DTypeLike | None = None) -> Value:
        """A constant from a scalar or an array.

        Without ``dtype`` an array keeps its own; Python floats become f32, integers i32, booleans
        i1.
        """
        array = np.asarray(value, dtype=None if dtype is None else numpy_dtype(_name(dtype)))
        if dtype is None and not isinstance(value, np.ndarray | np.generic):
            default = {"f": np.float32, "i": np.int32, "c": np.complex64}.get(array.dtype.kind)
            array = array if default is None else array.astype(default)
        return self._constant(array, self._tensor(array.shape, array.dtype))

    def splat(self, value: complex, type: TensorType[Attribute]) -> Value:
        """A constant of the given type whose elements all equal ``value``.

        A number that the element type can not hold (2.5 in i32, -1 in ui8) is refused.
        """
        dtype = numpy_dtype(type.element_type)
        if dtype.kind in "iub" and not isinstance(value, int | np.integer | np.bool_):
            self._refuse(f"{value!r} is no element of {type}; convert one of the two")
        try:
            array = np.asarray(value, dtype=dtype)
        except (OverflowError, TypeError) as error:
            self._refuse(f"{value!r} is no element of {type}: {error}")
        return self._constant(array, type)

    def _constant(self, array: np.ndarray[Any, Any], type: TensorType[Attribute]) -> Value:
        from dialects.dense import dense_from_array

        small = array.size <= 16
        key = (ConstantOp, type, array.tobytes()) if small else None
        attribute = self._constants.get(key) if small else None
        if attribute is None:
            attribute = dense_from_array(array, type)
            if small:
                _bound(self._constants)
                self._constants[key] = attribute
            else:
                # Remembering a large constant would keep its bytes: it is inferred each time.
                if self._room <= 0:
                    self._make_room()
                made = self._infer(ConstantOp, (), (attribute,), _constant_properties)
                return self._append_made(ConstantOp, (), made)
        return self.append(ConstantOp, (), (_ById(attribute),), _constant_by_id)

    def function(
        self, name: str, body: FunctionBody, argument_types: Sequence[tuple[Sequence[int], DTypeLike]]
    ) -> Function:
        """Defines a private function ``@name``, to be called any number of times.

        ``body`` is called once, with a builder of its own and the arguments, whose types are given
        as shapes and dtypes. It can not capture values of the forward: pass them as arguments.
        """
        self._check_open()
        if name in self._functions or name == "main":
            self._refuse(f"function @{name} is defined already")
        types = tuple(self._tensor(shape, dtype) for shape, dtype in argument_types)
        made = record_function(Builder, name, body, types)
        self._functions.add(name)
        self._tape.define(made)
        results = tuple(self._intern(t) for t in made.function_type.outputs)
        return Function(self, name, types, results)

    def append_call(
        self, name: str, operands: tuple[Value, ...], result_types: Sequence[TensorType[Attribute]]
    ) -> tuple[Value, ...]:
        """Records ``call @name``; see :class:`~irkit.functions.Function`."""
        return self.append_many(CallOp, operands, (name,), _callee, result_types)

    # -- scopes --------------------------------------------------------------------------------

    @contextmanager
    def scope(self, name: str) -> Iterator[Scope]:
        """Names a part of the forward; a policy may end chunks at its borders.

        Scopes nest; ``layers.3`` inside ``model`` is ``model.layers.3`` to the policy.
        """
        self._check_open()
        self._scopes.append(name)
        full_name = ".".join(self._scopes)
        scope = Scope(full_name)
        if self.on_scope is not None:
            self.on_scope(full_name)
        top = not self._frames
        if top and self._tape.enter_scope(full_name):
            self._reopen()
        yield scope
        if top and self._tape.leave_scope(full_name, scope.live_outs):
            self._reopen()
        self._scopes.pop()

    # -- recording -----------------------------------------------------------------------------

    def append(
        self,
        cls: type[StableHLOOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...] = (),
        properties: Callable[..., Mapping[str, Attribute]] | None = None,
    ) -> Value:
        """Records an operation with one result; see :func:`irkit.emit.emit`."""
        if self._room <= 0:
            self._make_room()
        memo_key = (cls, key, *[id(v.type) for v in operands])
        made = self._memo.get(memo_key)
        if made is None:
            made = self._infer(cls, operands, key, properties)
            self._memo[memo_key] = made
        return self._append_made(cls, operands, made)

    def _append_made(
        self, cls: type[StableHLOOp], operands: tuple[Value, ...], made: _Made
    ) -> Value:
        ssa = [
            v._ssa if v._ssa is not None and v.builder is self else self._resolve(v)
            for v in operands
        ]
        op = append_op(self._block, cls, ssa, made.result_types, made.properties)
        value = Value(self, made.result_types[0], op.results[0])
        self._finish_op(made.cost, (value,))
        return value

    def append_many(
        self,
        cls: type[StableHLOOp] | type[CallOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...] = (),
        properties: Callable[..., Mapping[str, Attribute]] | None = None,
        result_types: Sequence[TensorType[Attribute]] | None = None,
    ) -> tuple[Value, ...]:
        """Records an operation with any number of results; ``result_types`` where none follow
        from the operands (they belong into ``key`` too)."""
        if self._room <= 0:
            self._make_room()
        memo_key = (cls, key, *[id(v.type) for v in operands])
        made = self._memo.get(memo_key)
        if made is None:
            made = self._infer(cls, operands, key, properties, result_types)
            self._memo[memo_key] = made
        ssa = [self._resolve(v) for v in operands]
        op = append_op(self._block, cls, ssa, made.result_types, made.properties)
        values = tuple(Value(self, r.type, r) for r in op.results)  # pyright: ignore[reportArgumentType]
        self._finish_op(made.cost, values)
        return values

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
            self._make_room()
        ssa = [self._resolve(v) for v in operands]
        regions = [self._record_body(cls, body) for body in bodies]
        memo_key = None if key is None else (cls, key, *[id(v.type) for v in operands])
        made = None if memo_key is None else self._memo.get(memo_key)
        types = tuple(v.type for v in operands)
        try:
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
        except (ConstraintError, VerifyException) as error:
            self._refuse(_explain(error, cls, types))
        if made is None:
            cost = self._tape.cost(op)
            made = _Made(properties, found, cost, types)  # pyright: ignore[reportArgumentType]
            if memo_key is not None:
                _bound(self._memo)
                self._memo[memo_key] = made
        values = tuple(Value(self, r.type, r) for r in op.results)  # pyright: ignore[reportArgumentType]
        self._finish_op(made.cost, values)
        return values

    def _record_body(self, cls: type[StableHLOOp], body: Body) -> Region:
        block = Block(arg_types=body.arg_types)
        outer, self._block = self._block, block
        handles: list[weakref.ref[Value]] = []
        self._frames.append(handles)
        arguments = [
            Value(self, t, a) for t, a in zip(body.arg_types, block.args, strict=True)
        ]
        try:
            results = body.build(*arguments)
            if isinstance(results, Value):
                results = (results,)
            for result in results:
                if not isinstance(result, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
                    self._refuse(
                        f"{cls.name}: the callable of a region returned {result!r}; it must "
                        "return a Value or a sequence of Values"
                    )
            append_op(block, ReturnOp, [self._resolve(v) for v in results], (), {})
        finally:
            self._block = outer
            self._frames.pop()
            for handle in (*handles, *map(weakref.ref, arguments)):
                value = handle()
                if value is not None:
                    value._ssa = None
                    value._word = NO_WORD
        return Region(block)

    # -- internals -----------------------------------------------------------------------------

    def _finish_op(self, cost: int, values: tuple[Value, ...]) -> None:
        if self._frames:
            self._frames[-1].extend(map(weakref.ref, values))
        else:
            self._room -= cost
            self._tape.recorded(values)

    def _make_room(self) -> None:
        if self._frames:
            return  # a chunk ends between operations, never inside one
        self._check_open()
        self._tape.make_room()
        self._reopen()

    def _reopen(self) -> None:
        self._block = self._tape.block
        self._room = self._full

    def _resolve(self, value: Value) -> SSAValue:
        self.own(value)
        return self._tape.enter(value) if value._ssa is None else value._ssa

    def ssa(self, value: Value) -> SSAValue:
        """The xDSL value that ``value`` stands for now; with chunks, only the open one's.

        Raises :class:`~irkit.errors.BuildError` as :meth:`own` does.
        """
        return self._resolve(value)

    def own(self, value: Value) -> Value:
        """``value`` itself, if it is one that this builder recorded and that can still be read.

        Raises :class:`~irkit.errors.BuildError` otherwise.
        """
        if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
            self._refuse(f"{value!r} is no Value; make one with builder.constant")
        if value.builder is not self:
            self._refuse(f"{value!r} belongs to another builder")
        if value._ssa is None and value._word == NO_WORD:
            self._refuse(f"{value!r} was made inside a region that is closed; return it from there")
        return value

    def _infer(
        self,
        cls: type[StableHLOOp] | type[CallOp],
        operands: tuple[Value, ...],
        key: tuple[Hashable, ...],
        properties: Callable[..., Mapping[str, Attribute]] | None,
        result_types: Sequence[TensorType[Attribute]] | None = None,
    ) -> _Made:
        self._check_open()
        for value in operands:
            self._resolve(value)
        types = tuple(v.type for v in operands)
        made_properties = {} if properties is None else properties(*key)
        scratch = Block(arg_types=types)
        try:
            found = (
                cls.infer(types, made_properties)
                if result_types is None and issubclass(cls, StableHLOOp)
                else result_types or ()
            )
            interned = [self._intern(t) for t in found]
            op = append_op(scratch, cls, scratch.args, interned, made_properties)
            op.verify_()
        except (ConstraintError, VerifyException) as error:
            self._refuse(_explain(error, cls, types))
        made = _Made(op.properties, interned, self._tape.cost(op), types)
        release_block(scratch)
        _bound(self._memo)
        return made

    def _intern(self, type_: Attribute) -> TensorType[Attribute]:
        _bound(self._types)
        return self._types.setdefault(type_, type_)  # pyright: ignore[reportReturnType]

    def _tensor(self, shape: Iterable[int], dtype: DTypeLike) -> TensorType[Attribute]:
        try:
            return self._intern(tensor(shape, dtype))
        except (TypeError, ValueError) as error:
            self._refuse(str(error))

    def _check_open(self) -> None:
        if self._closed:
            raise RecordingError(
                "this builder's recording has ended; start another with irkit.record"
            )

    def _refuse(self, text: str) -> NoReturn:
        where = user_location()
        raise BuildError(f"{where}: {text}" if where else text) from None

    def close(self) -> None:
        """Ends the recording; further calls raise ``RecordingError``."""
        self._closed = True
        self._room = 0


class _ById:
    """A key that compares an attribute by identity, so that large constants are never hashed."""

    __slots__ = ("attribute",)

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute

    def __hash__(self) -> int:
        return id(self.attribute)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.attribute is self.attribute


def _callee(name: str) -> Mapping[str, Attribute]:
    return {"callee": SymbolRefAttr(name)}


def _constant_by_id(by_id: _ById) -> Mapping[str, Attribute]:
    return {"value": by_id.attribute}


def _constant_properties(value: Attribute) -> Mapping[str, Attribute]:
    return {"value": value}


def _name(dtype: DTypeLike) -> str:
    from irkit.types import dtype_name

    return dtype_name(dtype)


def _explain(error: Exception, cls: type[Operation], types: Sequence[Attribute]) -> str:
    text = str(error)
    text = text if text.startswith(cls.name) else f"{cls.name}: {text}"
    return f"{text}; operands: ({', '.join(map(str, types))})"


def _bound(memo: dict[Any, Any]) -> None:
    if len(memo) >= MEMO_LIMIT:
        for key in list(memo)[: MEMO_LIMIT // 2]:
            del memo[key]
