"""Functions as graphs of signatures, with equal nodes made once."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseResourceAttr,
    DictionaryAttr,
    NoneType,
    SymbolRefAttr,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.traits import IsTerminator

from dialects.func import FuncOp
from irkit.errors import IRKitError
from irkit.verify.graph.attributes import AttributeDigests
from irkit.verify.graph.operations import OperationDigests, keeps_its_place
from irkit.verify.hashing import digest
from irkit.verify.rules.terms import Hole, Signature, semantic_properties

Node = int

_STATE = NoneType()
"""Type of the state of the world, which effects read and change."""


class TooLargeError(IRKitError):
    """A function of more operations than an e-graph is given."""


class TermGraph:
    """Nodes of any number of functions; what is the same in two of them is one node."""

    def __init__(self, most_nodes: int) -> None:
        self.nodes: list[tuple[Signature | Hole, tuple[Node, ...]]] = []
        """Each after its operands."""
        self._known: dict[tuple[Signature | Hole, tuple[Node, ...]], Node] = {}
        self._most_nodes = most_nodes

    def node(self, what: Signature | Hole, operands: tuple[Node, ...] = ()) -> Node:
        """The node of an operation on nodes.

        Raises :class:`TooLargeError`.
        """
        key = what, operands
        found = self._known.get(key)
        if found is None:
            if len(self.nodes) >= self._most_nodes:
                raise TooLargeError(f"more than {self._most_nodes} operations")
            found = self._known[key] = len(self.nodes)
            self.nodes.append(key)
        return found

    def add(self, function: FuncOp, attributes: AttributeDigests) -> list[Node]:
        """Adds a function of one block; gives what it returns, and the state that it leaves.

        Arguments are holes by position, so two functions of one type have the same.
        """
        block = function.body.block
        values: dict[SSAValue, Node] = {
            argument: self.node(Hole(f"argument {argument.index}", argument.type))
            for argument in block.args
        }
        return _Adding(self, attributes, values).block(block)


class _Adding:
    def __init__(
        self, graph: TermGraph, attributes: AttributeDigests, values: dict[SSAValue, Node]
    ) -> None:
        self._graph = graph
        self._attributes = attributes
        self._values = values

    def block(self, block: Block) -> list[Node]:
        state = self._graph.node(Hole("state", _STATE))
        returned: list[Node] = []
        for op in block.ops:
            if op.has_trait(IsTerminator):
                returned = [self._values[operand] for operand in op.operands]
            else:
                state = self._operation(op, state)
        return [*returned, state]

    def _operation(self, op: Operation, state: Node) -> Node:
        """Adds an operation; gives the state after it."""
        captured = _captured(op)
        operands = [*op.operands, *captured]
        effects = keeps_its_place(op)
        nodes = [self._values[operand] for operand in operands] + [state] * effects
        types = [operand.type for operand in operands] + [_STATE] * effects
        results = [*op.result_types, *[_STATE] * effects]
        for place in range(len(results)):
            signature = Signature(
                op.name,
                tuple(types),
                tuple(results),
                semantic_properties(op.name, op.properties),
                self._opaque(op, captured),
                place,
            )
            node = self._graph.node(signature, tuple(nodes))
            if place < len(op.results):
                self._values[op.results[place]] = node
            else:
                state = node
        return state

    def _opaque(self, op: Operation, captured: Sequence[SSAValue]) -> bytes:
        """What operands, types and properties do not say of an operation."""
        refers = any(map(_refers, op.properties.values()))
        if not op.regions and not op.attributes and not refers and not keeps_its_place(op):
            return b""
        inner = OperationDigests(self._attributes)
        for place, value in enumerate(captured):
            inner.assume(value, digest(b"captured", b"%d" % place))
        return digest(
            self._attributes.dictionary(op.attributes, op.name),
            self._attributes.dictionary(op.properties, op.name),
            *(inner.region(region, 1) for region in op.regions),
        )


def _refers(attribute: Attribute) -> bool:
    """Whether an attribute names something of the module, which may be another thing in another."""
    match attribute:
        case ArrayAttr():
            return any(map(_refers, attribute.data))
        case DictionaryAttr():
            return any(map(_refers, attribute.data.values()))
        case _:
            return isinstance(attribute, SymbolRefAttr | DenseResourceAttr)


def _captured(op: Operation) -> list[SSAValue]:
    """The values from outside that an operation's regions read, in order of their first use."""
    found: dict[SSAValue, None] = {}
    for region in op.regions:
        for inner in region.walk():
            outside = (value for value in inner.operands if not region.is_ancestor(value.owner))
            found.update(dict.fromkeys(outside))
    return list(found)
