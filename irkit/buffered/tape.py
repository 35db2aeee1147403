"""Recording everything into the body of one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import DenseResourceAttr
from xdsl.ir import Operation

from dialects.dense import dense_from_bytes
from dialects.func import FuncOp
from dialects.stablehlo.constant import ConstantOp
from irkit.artifact.external import global_op, load_op
from irkit.artifact.form import ArtifactForm, Parameter
from irkit.artifact.resource import blob_header, key_of
from irkit.op_construction import append_op
from irkit.value import Value
from irkit.whole_tape import WholeTape

if TYPE_CHECKING:
    from irkit.weights import WeightSource


class BufferedTape(WholeTape):
    """Appends every operation to one block and keeps it.

    Parameters become what the artifact form says, weights included where it holds them.
    """

    def __init__(self, form: ArtifactForm, weights: WeightSource | None) -> None:
        super().__init__()
        self.argument_names: list[str] = []
        self.globals: list[Operation] = []
        self.functions: list[FuncOp] = []
        self.resources: dict[str, str] = {}
        self._form = form
        self._weights = weights

    def argument(self, value: Value, name: str) -> None:
        """The next argument of the function."""
        super().argument(value, name)
        self.argument_names.append(name)

    def parameter(self, value: Value, name: str) -> int:
        """An argument, a constant that holds the weight, or a load of a global."""
        if self._form.as_arguments:
            self.argument(value, name)
            return 0
        parameter = Parameter(name, value.type)
        form = self._form.of(parameter)
        if form == "external":
            self.globals.append(global_op(parameter))
            op = load_op(parameter)
            self.block.add_op(op)
        elif form == "resource":
            key = key_of(parameter)
            blob = blob_header(parameter) + self._read(parameter)
            self.resources[key] = f"0x{blob.hex().upper()}"
            handle = DenseResourceAttr.from_params(key, value.type)
            op = append_op(self.block, ConstantOp, (), (value.type,), {"value": handle})
        else:
            dense = dense_from_bytes(self._read(parameter), value.type)
            op = append_op(self.block, ConstantOp, (), (value.type,), {"value": dense})
        value.ssa = op.results[0]
        return 0

    def define(self, function: FuncOp) -> None:
        """Functions stand after ``@main``, in order of definition."""
        self.functions.append(function)

    def _read(self, parameter: Parameter) -> bytearray:
        assert self._weights is not None
        data = bytearray(parameter.bytes)
        self._weights.read_into(parameter.name, 0, memoryview(data))
        return data
