"""The pretty text of operations as upstream MLIR prints it.

An :class:`AsmPrinter` writes one operation at a time. It does not choose the names of values: the
caller passes a function from value to name, because a whole-module printer and a streaming one
number values in different ways (see :mod:`dialects.naming`). An operation with a pretty form has a
method ``print_asm(printer)``, which writes everything after ``%results = ``; what has none is
printed generically.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dialects.attribute_text import attribute_text, dictionary_text, symbol_or_string
from dialects.foreign_ops import has_form, write_form


class AsmPrinter:
    """Writes operations in upstream's canonical form.

    ``write`` receives pieces of text; ``name`` gives a value's name with its ``%`` (and ``#n`` for
    one of several results).
    """

    def __init__(
        self,
        write: Callable[[str], object],
        name: Callable[[SSAValue], str],
        indent: int = 0,
    ) -> None:
        self.write = write
        self.name = name
        self.indent = indent
        self.labels: dict[Block, str] = {}
        """Of the blocks that something may branch to."""

    # -- values and attributes -------------------------------------------------------------

    def operands(self, values: Iterable[SSAValue]) -> str:
        """``%0, %arg1``."""
        return ", ".join(map(self.name, values))

    def attribute(self, attribute: Attribute) -> str:
        """The attribute's (or type's) text."""
        return attribute_text(attribute)

    def types(self, types: Iterable[Attribute]) -> str:
        """``tensor<f32>, tensor<i32>``."""
        return ", ".join(map(attribute_text, types))

    def functional_type(self, op: Operation) -> str:
        """``(tensor<4xf32>, tensor<f32>) -> tensor<f32>``."""
        operands = self.types(o.type for o in op.operands)
        return f"({operands}) -> {self.result_list(op.result_types)}"

    def result_list(self, types: Sequence[Attribute]) -> str:
        """One type as it is, several (or none) in parentheses."""
        text = self.types(types)
        return text if len(types) == 1 else f"({text})"

    def attr_dict(self, op: Operation, elided: Iterable[str] = (), *, keyword: bool = False) -> str:
        """The properties and attributes that the pretty form has no other place for.

        Gives `` {a = 1, b}`` with a leading space, sorted by name, or an empty string.
        """
        hidden = frozenset(elided)
        shown = {k: v for k, v in (op.properties | op.attributes).items() if k not in hidden}
        if not shown:
            return ""
        return (" attributes" if keyword else "") + " " + self.dictionary(shown)

    def dictionary(self, items: Mapping[str, Attribute]) -> str:
        """``{a = 1 : i64, flag}``, sorted by name; unit attributes show their name only."""
        return dictionary_text(items)

    # -- operations ------------------------------------------------------------------------

    def newline(self) -> None:
        """Ends the line and indents the next one."""
        self.write("\n" + "  " * self.indent)

    def op(self, op: Operation) -> None:
        """Writes ``%r = name ...`` without indentation and line end."""
        results = op.results
        if results:
            names = [self.name(result) for result in results]
            group, shared, _ = names[0].rpartition("#")
            shown = f"{group}:{len(results)}" if shared else ", ".join(names)
            self.write(f"{shown} = ")
        self.form(op)

    def form(self, op: Operation) -> None:
        """Writes what follows ``%r = ``: the pretty form where the operation has one."""
        print_asm: Callable[[AsmPrinter], None] | None = getattr(op, "print_asm", None)
        if print_asm is not None:
            print_asm(self)
        elif isinstance(op, ModuleOp):
            self.module_header(op)
            self.region(op.body)
        elif has_form(op):
            write_form(self, op)
        else:
            self.generic(op)

    def module_header(self, module: ModuleOp) -> None:
        """Writes ``module @name attributes {...} ``."""
        # Outside of modules the names of other dialects' operations are written in full.
        nested = module.parent_op() is None or isinstance(module.parent_op(), ModuleOp)
        self.write("module" if nested else module.name)
        if module.sym_name is not None:
            self.write(f" @{symbol_or_string(module.sym_name.data)}")
        self.write(self.attr_dict(module, ("sym_name",), keyword=True) + " ")

    def generic(self, op: Operation) -> None:
        """Writes the generic form: ``"d.op"(%0) <{p}> ({region}) {attrs} : (t) -> t``."""
        self.write(f'"{op.name}"({self.operands(op.operands)})')
        if op.successors:
            self.write(f"[{', '.join([self.labels[block] for block in op.successors])}]")
        if op.properties:
            self.write(f" <{self.dictionary(op.properties)}>")
        if op.regions:
            self.write(" (")
            for i, region in enumerate(op.regions):
                if i:
                    self.write(", ")
                self.region(region, header=True)
            self.write(")")
        if op.attributes:
            self.write(" " + self.dictionary(op.attributes))
        self.write(f" : {self.functional_type(op)}")

    def region(self, region: Region, *, header: bool = False, terminator: bool = True) -> None:
        """Writes ``{``, the operations one a line, and ``}``.

        ``header`` shows the entry block's ``^bb0(...)`` line if it has arguments; ``terminator``
        false leaves the last operation out.
        """
        self.write("{")
        notes = self._label_blocks(region)
        for number, block in enumerate(region.blocks):
            if number or (header and (block.args or block.is_empty)):
                self.newline()
                arguments = f"({self.block_arguments(block)})" if block.args else ""
                self.write(f"^bb{number}{arguments}:{notes.get(block, '')}")
            self.indent += 1
            for op in block.ops:
                if not terminator and op is block.last_op:
                    continue
                self.newline()
                self.op(op)
            self.indent -= 1
        self.newline()
        self.write("}")

    def _label_blocks(self, region: Region) -> dict[Block, str]:
        """The comments that upstream writes behind the labels of all blocks but the first."""
        entry = region.blocks.first
        if entry is None or entry is region.blocks.last:
            return {}
        self.labels.update((block, f"^bb{number}") for number, block in enumerate(region.blocks))
        before: dict[Block, list[str]] = {block: [] for block in region.blocks}
        for block in region.blocks:
            for successor in () if block.last_op is None else block.last_op.successors:
                before[successor].append(self.labels[block])
        del before[entry]
        return {
            block: f"  // {_counted(names)}{', '.join(names)}" for block, names in before.items()
        }

    def block_arguments(self, block: Block) -> str:
        """``%arg0: tensor<f32>, %arg1: tensor<f32>``."""
        return ", ".join(f"{self.name(a)}: {attribute_text(a.type)}" for a in block.args)


def _counted(predecessors: Sequence[str]) -> str:
    if not predecessors:
        return "no predecessors"
    return "pred: " if len(predecessors) == 1 else f"{len(predecessors)} preds: "


class GenericPrinter(AsmPrinter):
    """Writes every operation in its generic form, as ``-mlir-print-op-generic`` does."""

    def form(self, op: Operation) -> None:
        self.generic(op)
