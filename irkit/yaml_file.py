"""YAML that a user edits: plain data, bounded in size and depth, every key with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from irkit.errors import IRKitError

MAX_BYTES = 256 << 10
MAX_DEPTH = 16

KeyPath = tuple[str | int, ...]

# The stubs of these leave their first argument without a type.
_parse = cast("Callable[..., Iterator[yaml.Event]]", yaml.parse)  # pyright: ignore[reportUnknownMemberType]
_compose = cast("Callable[..., yaml.Node | None]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
)


class YamlError(IRKitError, ValueError):
    """A file that is not the plain data it should be; the message is ``file:line:col: reason``."""


@dataclass(frozen=True)
class YamlFile:
    """The data of a file, and where each key stands in it."""

    path: Path
    data: Any
    places: dict[KeyPath, tuple[int, int]] = field(repr=False)
    """Line and column, from 1, of the key (or list item) with this path."""

    def where(self, key: Iterable[str | int]) -> str:
        """``file:line:col`` of the key, or of the nearest one that is in the file."""
        path = tuple(key)
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return f"{self.path}:{line}:{column}"


def read_yaml(path: Path) -> YamlFile:
    """Reads one document.

    Refused, with :class:`YamlError`: files over 256 KiB or not in UTF-8, duplicate keys, keys that
    are not text, anchors and aliases, tags, several documents, and nesting deeper than 16.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise YamlError(f"{path}: can not be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise YamlError(f"{path}: larger than {MAX_BYTES >> 10} KiB, the limit of such a file")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise YamlError(f"{path}: not UTF-8 at byte {error.start}") from None
    try:
        _check_events(text, path)
        node = _compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise YamlError(f"{place}: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{path}: {' '.join(str(error).split())}") from None
    places: dict[KeyPath, tuple[int, int]] = {}
    loader = yaml.SafeLoader("")
    return YamlFile(path, _construct(node, (), path, places, loader), places)


def _check_events(text: str, path: Path) -> None:
    """What composing would follow, recurse into or expand is refused before it is composed."""
    depth = 0
    documents = 0
    for event in _parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise YamlError(f"{_at(path, event)}: nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise YamlError(f"{_at(path, event)}: a second document; one is expected")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlError(f"{_at(path, event)}: anchors and aliases are not allowed")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise YamlError(f"{_at(path, event)}: the tag {tag} is not allowed: plain data only")


def _at(path: Path, marked: yaml.Event | yaml.Node) -> str:
    mark = marked.start_mark
    return f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)


def _construct(
    node: yaml.Node | None,
    key: KeyPath,
    path: Path,
    places: dict[KeyPath, tuple[int, int]],
    loader: yaml.SafeLoader,
) -> Any:
    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode):
        if node.tag not in _PLAIN_TAGS:  # A date stays the text that it is.
            return cast(str, node.value)
        try:
            value: Any = loader.construct_object(node)  # pyright: ignore[reportUnknownMemberType]
            return value
        except ValueError as error:
            raise YamlError(f"{_at(path, node)}: {_dotted(key)}: {error}") from None
    if isinstance(node, yaml.SequenceNode):
        items: list[Any] = []
        for number, item in enumerate(node.value):
            _place(item, (*key, number), places)
            items.append(_construct(item, (*key, number), path, places, loader))
        return items
    result: dict[str, Any] = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode):
            raise YamlError(f"{_at(path, name)}: {_dotted(key)}: a key must be text")
        inner = (*key, name.value)
        if name.value in result:
            first = places[inner][0]
            raise YamlError(
                f"{_at(path, name)}: {_dotted(inner)}: duplicate key, first given in line {first}"
            )
        _place(name, inner, places)
        result[name.value] = _construct(value, inner, path, places, loader)
    return result


def _place(node: yaml.Node, key: KeyPath, places: dict[KeyPath, tuple[int, int]]) -> None:
    if node.start_mark:
        places[key] = (node.start_mark.line + 1, node.start_mark.column + 1)


def _dotted(key: KeyPath) -> str:
    return ".".join(map(str, key)) or "top level"
