"""Control flow, calls, tuples and tokens."""

from __future__ import annotations

from typing import Any

from dialects.func import CallOp
from dialects.stablehlo.after_all import AfterAllOp, CreateTokenOp
from dialects.stablehlo.composite import CompositeOp
from dialects.stablehlo.control_flow import CaseOp, IfOp, WhileOp
from dialects.stablehlo.custom_call import CustomCallOp
from dialects.stablehlo.tensors import element_type, is_tensor
from dialects.stablehlo.tuples import GetTupleElementOp, TupleOp
from dialects.util.ops import GlobalOp, LoadOp
from irkit.interpreter.engine import Context
from irkit.interpreter.errors import EvaluationError, UnsupportedError
from irkit.interpreter.registry import implements
from irkit.interpreter.running import checked_value
from irkit.interpreter.values import TOKEN, Array, Token, Value


@implements(IfOp, on_storage=True)
def if_(op: IfOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#if"""
    return context.evaluate(op.true_branch if operands[0] else op.false_branch, [])


@implements(CaseOp, on_storage=True)
def case(op: CaseOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#case

    An index that is out of range selects the last branch.
    """
    index = int(operands[0])
    branches = op.branches
    return context.evaluate(branches[index if 0 <= index < len(branches) else -1], [])


@implements(WhileOp, on_storage=True)
def while_(op: WhileOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#while"""
    carried: list[Value] = list(operands)
    operands.clear()
    while context.evaluate_one(op.cond, *carried):
        carried = context.evaluate(op.body, carried)
    return carried


@implements(CallOp, on_storage=True)
def call(op: CallOp, operands: list[Any], context: Context) -> list[Value]:
    """https://mlir.llvm.org/docs/Dialects/Func/#funccall-funccallop"""
    return context.call(op.callee, operands, op)


@implements(CompositeOp, on_storage=True)
def composite(op: CompositeOp, operands: list[Any], context: Context) -> list[Value]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#composite

    Means what its decomposition means.
    """
    return context.call(op.decomposition, operands, op)


@implements(CustomCallOp, on_storage=True)
def custom_call(op: CustomCallOp, operands: list[Any], context: Context) -> Any:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#custom_call

    Raises :class:`UnsupportedError` for a target that no function is registered for, and
    :class:`EvaluationError` where a function gives what is not of the result's type.
    """
    target = op.call_target_name.data
    function = context.program.custom_calls.get(target)
    if function is None:
        known = ", ".join(sorted(context.program.custom_calls)) or "none"
        raise UnsupportedError(
            f"no function is registered for the custom call @{target}; there are {known}. "
            f"Give one: run(..., custom_calls={{{target!r}: function}})"
        )
    found = function(op, operands, context)
    results = [] if found is None else found if isinstance(found, list) else [found]
    if len(results) != len(op.results):
        return results
    return [
        checked_value(value, type_, f"result {i} of the function for @{target}")
        if is_tensor(type_)
        else value
        for i, (value, type_) in enumerate(zip(results, op.result_types, strict=True))
    ]


@implements(TupleOp, on_storage=True)
def tuple_(op: TupleOp, operands: list[Any], context: Context) -> tuple[Value, ...]:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#tuple"""
    return tuple(operands)


@implements(GetTupleElementOp, on_storage=True)
def get_tuple_element(op: GetTupleElementOp, operands: list[Any], context: Context) -> Value:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#get_tuple_element"""
    return operands[0][op.index.value.data]


@implements(AfterAllOp, CreateTokenOp, on_storage=True)
def after_all(op: AfterAllOp, operands: list[Any], context: Context) -> Token:
    """https://github.com/openxla/stablehlo/blob/main/docs/spec.md#after_all

    Operations run in the order of the program, so there is nothing to wait for.
    """
    return TOKEN


@implements(LoadOp, on_storage=True)
def load(op: LoadOp, operands: list[Any], context: Context) -> Array:
    """https://iree.dev/reference/mlir-dialects/Util/#utilglobalload-utilgloballoadop"""
    found = context.program.symbol(op.global_, op)
    if not isinstance(found, GlobalOp):
        raise EvaluationError(f"{op.global_} is a {found.name}, not a util.global")
    # A verifier looks at the shapes alone.
    if element_type(found.type) != element_type(op.result.type):
        raise EvaluationError(f"{op.global_} is {found.type}, loaded as {op.result.type}")
    return context.program.global_value(found)
