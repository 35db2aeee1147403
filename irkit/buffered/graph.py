"""The whole program as one xDSL module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ArrayAttr, FunctionType, ModuleOp, StringAttr
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from dialects.func import FuncOp, ReturnOp
from dialects.module_text import Resources, module_text
from dialects.util import GlobalOp, LoadOp
from irkit.artifact.form import ArtifactForm
from irkit.buffered.prune import prune_unreachable
from irkit.buffered.tape import BufferedTape
from irkit.builder import Builder
from irkit.collector import fewer_collections
from irkit.errors import RecordingError
from irkit.interruption import doing
from irkit.outputs import ForwardResult, are_named, check_selection, named_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from irkit.weights import WeightSource

NAME_ATTRIBUTE = "irkit.name"


class BufferedProgram:
    """A module with one public function ``@main``, verified when its text is asked for."""

    def __init__(
        self, module: ModuleOp, main: FuncOp, outputs: Sequence[str], resources: Resources
    ) -> None:
        self.module = module
        self.main = main
        self.outputs = tuple(outputs)
        self._resources = resources

    @property
    def block(self) -> Block:
        """The function's only block."""
        return self.main.body.block

    @property
    def nodes(self) -> int:
        """Operations of the function, those in regions and the return not counted."""
        return sum(1 for _ in self.block.ops) - 1

    def returned(self) -> dict[str, SSAValue]:
        """The outputs' values by name."""
        last = self.block.last_op
        assert last is not None
        return dict(zip(self.outputs, last.operands, strict=True))

    def pruned(self, names: Sequence[str] | None) -> BufferedProgram:
        """A copy that returns the outputs called ``names`` and holds what they need."""
        copy = self.module.clone()
        main = next(op for op in copy.body.block.ops if isinstance(op, FuncOp))
        program = BufferedProgram(copy, main, self.outputs, self._resources)
        if names is not None:
            program._keep(names)
        with fewer_collections():
            for op in copy.body.block.ops:
                if isinstance(op, FuncOp):
                    prune_unreachable(op.body.block)
            program._drop_unused_globals()
        return program

    def _keep(self, names: Sequence[str]) -> None:
        names = check_selection(names, self.outputs)
        returned = self.returned()
        last = self.block.last_op
        assert last is not None
        last.operands = [returned[name] for name in names]
        attributes = self.main.res_attrs
        if attributes is not None:
            by_name = dict(zip(self.outputs, attributes.data, strict=True))
            self.main.res_attrs = ArrayAttr([by_name[name] for name in names])
        self.outputs = names
        self.main.properties["function_type"] = FunctionType.from_lists(
            self.block.arg_types, [o.type for o in last.operands]
        )

    def _drop_unused_globals(self) -> None:
        loaded = {op.global_.root_reference.data for op in self.block.ops if isinstance(op, LoadOp)}
        for op in list(self.module.body.block.ops):
            if isinstance(op, GlobalOp) and op.sym_name.data not in loaded:
                self.module.body.block.erase_op(op)

    def text(self) -> str:
        """Verifies the module with xDSL's verifier, and prints it whole.

        Raises ``RecordingError`` for a module that is not valid.
        """
        try:
            self.module.verify()
        except VerifyException as error:
            raise RecordingError(f"the recorded module is not valid: {error}") from error
        return module_text(self.module, self._resources)


def record_buffered(
    forward: Callable[[Builder], ForwardResult],
    form: ArtifactForm,
    weights: WeightSource | None,
    module_name: str,
) -> BufferedProgram:
    """Runs the forward and holds everything it recorded, weights included.

    Raises ``WeightError`` where a weight can not be read or its file has changed.
    """
    tape = BufferedTape(form, weights)
    builder = Builder(tape, weights)
    with fewer_collections():
        try:
            with doing(lambda: f"recording ({builder.operations_recorded:,} operations)"):
                result = forward(builder)
            outputs = named_outputs(result)
            values = [
                builder.ssa(builder.own(value, f"output {name!r}"))
                for name, value in outputs.items()
            ]
        finally:
            builder.close()
        if weights is not None:
            # Not loaded without weights.
            from irkit.weights import check_unchanged

            check_unchanged(weights)
        tape.block.add_op(ReturnOp.create(operands=values))
        names = list(outputs) if are_named(result) else None
        main = _function(tape, [v.type for v in values], names)
        module = ModuleOp([*tape.globals, main, *tape.functions], sym_name=StringAttr(module_name))
    resources = {("builtin", name): blob for name, blob in tape.resources.items()}
    return BufferedProgram(module, main, list(outputs), resources)


def _function(
    tape: BufferedTape, results: Sequence[Attribute], names: Sequence[str] | None
) -> FuncOp:
    return FuncOp.of(
        "main",
        Region(tape.block),
        results,
        argument_attributes=_names(tape.argument_names),
        result_attributes=_names(names or ()),
    )


def _names(names: Sequence[str]) -> list[Mapping[str, Attribute]]:
    return [{NAME_ATTRIBUTE: StringAttr(name)} for name in names]
