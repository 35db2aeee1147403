"""What belongs to dialects that irkit does not know: kept as it is written.

Operations are kept in the generic form, attributes and types as their text, as upstream does with
``--allow-unregistered-dialect``. An operation of a known dialect that has none of this name is not
kept: its name is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import UnregisteredAttr
from xdsl.ir import Attribute, Operation, TypeAttribute
from xdsl.irdl import traits_def
from xdsl.traits import IsTerminator, NoTerminator


class UnknownOp(Operation):
    """An operation of an unknown dialect; each name has a class of its own.

    Whether its blocks must end in a terminator, and whether it is one, nobody can say. It is never
    removable.
    """

    name = "unknown"
    traits = traits_def()

    @classmethod
    def dialect_name(cls) -> str:
        """What precedes the first dot of the name."""
        return cls.name.partition(".")[0]


@dataclass
class ReadingContext(Context):
    """A context that may keep what belongs to unknown dialects."""

    keeps_unknown: bool = False

    def get_optional_op(
        self, name: str, *, dialect_stack: Sequence[str] = ()
    ) -> type[Operation] | None:
        """The class of the operations of this name."""
        known = super().get_optional_op(name, dialect_stack=dialect_stack)
        if known is not None or not self._keeps(name):
            return known
        made: type[UnknownOp] = type("UnknownOp", (UnknownOp,), {"name": name})
        self.load_op(made)
        return made

    def get_optional_type(self, name: str) -> type[TypeAttribute] | None:
        """The class of the types of this name."""
        known = super().get_optional_type(name)
        if known is not None or not self._keeps(name):
            return known
        made = UnregisteredAttr.with_name_and_type(name, True)
        assert issubclass(made, TypeAttribute)
        self._loaded_types[name] = made
        return made

    def get_optional_attr(self, name: str) -> type[Attribute] | None:
        """The class of the attributes of this name."""
        known = super().get_optional_attr(name)
        if known is not None or not self._keeps(name):
            return known
        made = UnregisteredAttr.with_name_and_type(name, False)
        self._loaded_attrs[name] = made
        return made

    def _keeps(self, name: str) -> bool:
        dialect = name.partition(".")[0]
        return self.keeps_unknown and self.get_optional_dialect(dialect) is None


def may_end_block(op: Operation) -> bool:
    """Whether the operation may be the last of its block."""
    return op.has_trait(IsTerminator) or isinstance(op, UnknownOp)


def needs_end(op: Operation) -> bool:
    """Whether the blocks in the operation must end in a terminator."""
    if isinstance(op, UnknownOp):
        return any(len(region.blocks) > 1 for region in op.regions)
    return not op.has_trait(NoTerminator)
