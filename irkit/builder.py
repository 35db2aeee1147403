"""The public builder: records a forward into xDSL operations."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import IntegerType, SymbolRefAttr, TensorType
from xdsl.ir import Attribute

from dialects.func import CallOp
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.constant import ConstantOp
from irkit.functions import Function, FunctionBody, record_function
from irkit.names import check_name
from irkit.recorder import Recorder
from irkit.scope import Scope
from irkit.tape import Tape
from irkit.types import DTypeLike, element_type, numpy_dtype
from irkit.value import Value
from passes.bounded_cache import BoundedCache, attribute_bytes

if TYPE_CHECKING:
    from irkit.weights import WeightSource

SMALL = 16
"""Elements up to which equal constants share their attribute."""


class Builder(Recorder):
    """Records operations in the order in which they run.

    A builder is given to a forward by :func:`irkit.record` or :func:`irkit.lower`; it belongs to
    one thread. Every method raises :class:`~irkit.errors.BuildError` at the call that can not be
    recorded.
    """

    def __init__(self, tape: Tape, weights: WeightSource | None = None) -> None:
        super().__init__(tape)
        self._weights = weights
        self._constants: BoundedCache[Hashable, _ById] = BoundedCache()
        self._parameters: dict[str, Value] = {}
        self._arguments: set[str] = set()
        self._functions: set[str] = set()
        self._scopes: list[str] = []
        self.on_scope: Callable[[str], object] | None = None
        """Called with the dotted name of every scope that opens."""

    # -- arguments, parameters, constants ----------------------------------------------------

    def argument(
        self,
        name: str,
        shape: Sequence[int] | TensorType[Attribute],
        dtype: DTypeLike | None = None,
    ) -> Value:
        """Declares the next argument of the lowered function.

        ``name`` must be new; the type is given as a shape and a dtype, or as one tensor type
        (:func:`irkit.tensor`, or another value's ``type``).
        """
        self._check_open()
        check_name("an argument", name)
        if name in self._arguments or name in self._parameters:
            self._refuse(f"argument {name!r} was declared before; names are unique")
        what = f"argument {name!r}"
        if isinstance(shape, TensorType):
            if dtype is not None:
                self._refuse(f"{what} has a dtype in its type already: leave {dtype!r} out")
            shape, dtype = shape.get_shape(), numpy_dtype(shape.element_type)
        elif dtype is None:
            self._refuse(f"{what} needs a dtype beside its shape, or a tensor type")
        value = Value(self, self._tensor(shape, dtype, what), None)
        self._arguments.add(name)
        self._named[value] = what
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
        if known is None:
            self._check_new_parameter(name)
        type_ = self._parameter_type(name, shape, dtype, known)
        if known is not None:
            return known
        value = Value(self, type_, None)
        if self._room <= 0:
            self._make_room()
        self._room -= self._tape.parameter(value, name)
        self._parameters[name] = value
        self._named[value] = f"parameter {name!r}"
        return value

    def _check_new_parameter(self, name: str) -> None:
        check_name("a parameter", name)
        inside = self._tape.private_function
        if inside is not None:
            self._refuse(
                f"parameter {name!r} inside function @{inside}; declare it outside and pass it as "
                "an argument"
            )
        if name in self._arguments:
            self._refuse(f"parameter {name!r} has the name of an argument")
        if name in self._functions:
            self._refuse(f"parameter {name!r} has the name of a function; rename the function")
        if self._frames:
            self._refuse(
                f"parameter {name!r} is first used inside a region; declare it before the "
                "operation that has the region"
            )

    def _parameter_type(
        self,
        name: str,
        shape: Sequence[int] | None,
        dtype: DTypeLike | None,
        known: Value | None,
    ) -> TensorType[Attribute]:
        what = f"parameter {name!r}"
        if known is not None:
            found = known.type
        elif self._weights is not None:
            info = self._weights.info(name)
            found = self._tensor(info.shape, info.dtype, what)
        elif shape is None or dtype is None:
            self._refuse(f"{what} needs shape and dtype: there is no weight source")
        else:
            return self._tensor(shape, dtype, what)
        wanted = self._tensor(
            found.get_shape() if shape is None else shape,
            numpy_dtype(found.element_type) if dtype is None else dtype,
            what,
        )
        if wanted != found:
            where = "it was declared as" if known is not None else "the weight source has"
            source = "" if known is not None else getattr(self._weights, "where", "")
            named = f" ({source})" if source else ""
            self._refuse(f"{what} is asked for as {wanted}, {where} {found}{named}")
        return found

    def constant(self, value: npt.ArrayLike, dtype: DTypeLike | None = None) -> Value:
        """A constant from a scalar or an array.

        Without ``dtype`` an array keeps its own; Python floats become f32, integers i32, booleans
        i1. A number that the element type can not hold is refused, as :mod:`irkit.literals` says.
        """
        hashable = dtype is None or isinstance(dtype, str | type | np.dtype)
        key = _number_key(value, dtype) if hashable else None
        known = None if key is None else self._constants.get(key)
        if known is not None:
            return self.append(ConstantOp, (), (known,), _constant_by_id)
        from irkit.literals import elements

        try:
            array = elements(value, None if dtype is None else numpy_dtype(element_type(dtype)))
        except (TypeError, ValueError) as error:
            self._refuse(f"{ConstantOp.name}: {error}")
        type_ = self._tensor(array.shape, array.dtype, ConstantOp.name)
        if key is None and array.size <= SMALL:
            key = (type_, array.tobytes())
        return self._constant(array, type_, key)

    def splat(self, value: complex | np.generic, type: TensorType[Attribute]) -> Value:
        """A constant of the given type whose elements all equal ``value``.

        A number that the element type can not hold (2.5 in i32, -1 in ui8) is refused, and so is
        a type with unknown dimensions.
        """
        key = _number_key(value, type)
        known = None if key is None else self._constants.get(key)
        if known is not None:
            return self.append(ConstantOp, (), (known,), _constant_by_id)
        from irkit.literals import elements, is_whole_number

        if DYNAMIC in type.get_shape():
            self._refuse(
                f"{value!r:.80} as a constant of {type}, whose size is not known: broadcast it "
                "with hlo.dynamic_broadcast_in_dim"
            )
        element = type.element_type
        if np.ndim(value) or (isinstance(element, IntegerType) and not is_whole_number(value)):
            self._refuse(f"{value!r:.80} is no element of {type}; convert one of the two")
        try:
            array = elements(value, numpy_dtype(type.element_type))
        except (TypeError, ValueError) as error:
            self._refuse(f"{value!r} is no element of {type}: {error}")
        return self._constant(array, type, key or (type, array.tobytes()))

    def _constant(
        self, array: np.ndarray[Any, Any], type: TensorType[Attribute], key: Hashable
    ) -> Value:
        from dialects.dense import dense_from_array

        if array.ndim == 0 and 0 in type.get_shape():
            array = np.empty(type.get_shape(), array.dtype)
        attribute = dense_from_array(array, type)
        if key is None:
            # Remembering a large constant would keep its bytes: it is inferred each time.
            if self._room <= 0:
                self._make_room()
            made = self._infer(ConstantOp, (), (attribute,), _constant_properties)
            return self._append_made(ConstantOp, (), made)
        known = _ById(attribute)
        self._constants.keep(key, known, attribute_bytes(attribute))
        return self.append(ConstantOp, (), (known,), _constant_by_id)

    def function(
        self,
        name: str,
        body: FunctionBody,
        argument_types: Sequence[tuple[Sequence[int], DTypeLike]],
    ) -> Function:
        """Defines a private function ``@name``, to be called any number of times.

        ``body`` is called once, with a builder of its own and the arguments, whose types are given
        as shapes and dtypes. It can not capture values of the forward: pass them as arguments.
        """
        self._check_open()
        self._check_new_function(name)
        what = f"function @{name}"
        types = tuple(self._tensor(shape, dtype, what) for shape, dtype in argument_types)
        made = record_function(Builder, name, body, types)
        self._functions.add(name)
        results = tuple(self._intern(t) for t in made.function_type.outputs)
        self._tape.define(made)
        return Function(self, name, types, results)

    def _check_new_function(self, name: str) -> None:
        check_name("a function", name)
        inside = self._tape.private_function
        if inside is not None:
            self._refuse(
                f"function @{name} is defined inside @{inside}; define it in the forward itself"
            )
        if name in self._functions or name == "main":
            self._refuse(f"function @{name} is defined already")
        if name in self._parameters:
            self._refuse(f"function @{name} has the name of a parameter; choose another")
        if not name or name.endswith("$"):
            self._refuse(f"function @{name}: a function needs a name, one that ends in no '$'")

    def append_call(
        self, name: str, operands: tuple[Value, ...], result_types: Sequence[TensorType[Attribute]]
    ) -> tuple[Value, ...]:
        """Records ``call @name``; see :class:`~irkit.functions.Function`."""
        return self.append_many(CallOp, operands, (name,), _callee, result_types)

    # -- scopes --------------------------------------------------------------------------------

    def scope(self, name: str) -> Scope:
        """Names a part of the forward (``with builder.scope("layers.3") as scope:``).

        A policy may end chunks where scopes do. Scopes nest; ``layers.3`` inside ``model`` is
        ``model.layers.3`` to the policy.
        """
        self._check_open()
        check_name("a scope", name)
        return Scope(self, ".".join([*self._scopes, name]))

    def enter_scope(self, scope: Scope) -> None:
        """What ``with`` does with a scope at its beginning."""
        self._check_open()
        if self.on_scope is not None:
            self.on_scope(scope.name)
        if not self._frames and self._tape.enter_scope(scope.name):
            self._reopen()
        self._scopes.append(scope.name.removeprefix(".".join([*self._scopes, ""])))

    def leave_scope(self, scope: Scope, *, failed: bool) -> None:
        """What ``with`` does with a scope at its end; ``failed`` by an exception."""
        self._scopes.pop()
        if self._frames or self._closed:
            return
        if failed:
            self._tape.abandon_scope(scope.name)
        elif self._tape.leave_scope(scope.name, scope.live_outs):
            self._reopen()

    def close(self) -> None:
        """Ends the recording; further calls raise ``RecordingError``."""
        super().close()
        # Parameters refer to the builder and it to them: apart, they need no cyclic collector.
        self._parameters.clear()
        self._constants.clear()


class _ById:
    """A key that compares an attribute by identity, so that large constants are never hashed."""

    __slots__ = ("attribute",)

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute

    def __hash__(self) -> int:
        return id(self.attribute)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.attribute is self.attribute


def _number_key(value: object, of: object) -> Hashable:
    """A key of a Python number and the type it is wanted in, or None where none tells it all."""
    kind = value.__class__
    if kind is float or kind is complex:
        # repr tells -0.0 from 0.0, and says nothing of a NaN's bits.
        return (kind, repr(value), of) if value == value else None
    return (kind, value, of) if kind is int or kind is bool else None


def _callee(name: str) -> Mapping[str, Attribute]:
    return {"callee": SymbolRefAttr(name)}


def _constant_by_id(by_id: _ById) -> Mapping[str, Attribute]:
    return {"value": by_id.attribute}


def _constant_properties(value: Attribute) -> Mapping[str, Attribute]:
    return {"value": value}
