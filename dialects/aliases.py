"""Aliases: the attributes and types that upstream names in a header (``#map = affine_map<...>``).

Affine maps and sets have them, tuples of more than 16 elements, and attributes of dialects that
ask for one with a method ``alias_name()``. Numbers follow the order in which the module prints
them, what nests no other alias first (MLIR: ``AliasInitializer`` in AsmPrinter.cpp).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from xdsl.dialects.builtin import AffineMapAttr, AffineSetAttr, ArrayAttr, DictionaryAttr, TupleType
from xdsl.ir import Attribute, Operation, ParametrizedAttribute, TypeAttribute

from dialects.attribute_text import attribute_text, renaming

_LONG_TUPLE = 16

Aliases = dict[Attribute, str]
"""The names with their ``#`` or ``!``, in the order in which the header defines them."""


def has_aliases(module: Operation) -> bool:
    """Whether anything that the module prints has an alias."""
    search = _Search()
    return any(search.finds(attribute) for op in module.walk() for attribute in _attributes(op))


def name_aliases(print_all: Callable[[], object]) -> Aliases:
    """The aliases of what ``print_all`` prints with ``attribute_text``."""
    found = _collected(print_all)
    depths: dict[Attribute, int] = {}
    # What an alias nests is printed after it, so its depth is known first.
    for attribute in reversed(found):
        nested = _collected(lambda attribute=attribute: attribute_text(attribute))
        depths[attribute] = max((depths[a] + 1 for a in nested if a != attribute), default=0)
    ordered = sorted(
        found, key=lambda a: (depths[a], not isinstance(a, TypeAttribute), _suggestion(a) or "")
    )
    counts = Counter[str]()
    names: Aliases = {}
    for attribute in ordered:
        name = _suggestion(attribute) or ""
        number = counts[name] or ""
        counts[name] += 1
        names[attribute] = f"{'!' if isinstance(attribute, TypeAttribute) else '#'}{name}{number}"
    return names


def header(aliases: Aliases) -> str:
    """The definitions, one a line; each may use those before it."""
    lines: list[str] = []
    known: Aliases = {}
    for attribute, name in aliases.items():
        with renaming(known.get):
            lines.append(f"{name} = {attribute_text(attribute)}\n")
        known[attribute] = name
    return "".join(lines)


def _suggestion(attribute: Attribute) -> str | None:
    match attribute:
        case AffineMapAttr():
            return "map"
        case AffineSetAttr():
            return "set"
        case TupleType():
            return "tuple" if len(attribute.types.data) > _LONG_TUPLE else None
        case _:
            suggest: Callable[[], str] | None = getattr(attribute, "alias_name", None)
            return None if suggest is None else suggest()


def _collected(print_all: Callable[[], object]) -> list[Attribute]:
    """What has an alias, in the order in which it is printed first, nested ones after."""
    found: dict[Attribute, None] = {}

    def note(attribute: Attribute) -> None:
        if _suggestion(attribute) is not None:
            found.setdefault(attribute)

    with renaming(note):
        print_all()
    return list(found)


def _attributes(op: Operation) -> Iterator[Attribute]:
    yield from op.properties.values()
    yield from op.attributes.values()
    yield from op.result_types
    for region in op.regions:
        for block in region.blocks:
            yield from block.arg_types


class _Search:
    """Looks into attributes, each object once."""

    def __init__(self) -> None:
        self._seen: dict[int, Attribute] = {}

    def finds(self, attribute: Attribute) -> bool:
        """Whether the attribute, or one that it nests, has an alias and is new."""
        if id(attribute) in self._seen:
            return False
        self._seen[id(attribute)] = attribute
        return _suggestion(attribute) is not None or any(map(self.finds, _nested(attribute)))


def _nested(attribute: Attribute) -> Iterable[Attribute]:
    match attribute:
        case ParametrizedAttribute():
            return attribute.parameters
        case ArrayAttr():
            return attribute.data
        case DictionaryAttr():
            return attribute.data.values()
        case _:
            return ()
