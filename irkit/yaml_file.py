"""YAML that a user edits: plain data, bounded in size and depth, every key with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from irkit.errors import IRKitError
from irkit.input_file import read_bounded

MAX_BYTES = 256 << 10
MAX_DEPTH = 16
MAX_VALUES = 10_000
"""Keys and values of a file: what takes time to read is their number, not the bytes."""

KeyPath = tuple[str | int, ...]

# The stubs of these leave their first argument without a type.
_parse = cast("Callable[..., Iterator[yaml.Event]]", yaml.parse)  # pyright: ignore[reportUnknownMemberType]
_compose = cast("Callable[..., yaml.Node | None]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
)


_TEXT = "tag:yaml.org,2002:str"
_INTEGER = "tag:yaml.org,2002:int"
_NUMBERS = frozenset((_INTEGER, "tag:yaml.org,2002:float"))
# YAML 1.1 also reads 010 as 8 and 1:30 as 90.
_PLAIN_NUMBER = re.compile(
    r"[-+]?(0|0x[0-9a-fA-F]+|[1-9][0-9_]*|([0-9]|[1-9][0-9_]*)?\.[0-9_]*([eE][-+][0-9]+)?)"
)
_SPECIAL_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_NUMBER = 40


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

    Refused, with :class:`YamlError`: what is no regular file, over 256 KiB or not in UTF-8; more
    than 10,000 keys and values, duplicate keys, keys that are not text, numbers past 64 bits or in
    a notation that is easily misread (``010``, ``1:30``), anchors, aliases and merge keys, tags,
    several documents, and nesting deeper than 16.
    """
    try:
        raw = read_bounded(path, MAX_BYTES)
    except OSError as error:
        raise YamlError(f"{path}: can not be read: {error.strerror}") from None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise YamlError(f"{path}: not UTF-8 at byte {error.start}") from None
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> YamlFile:
    """Reads one document that errors call ``path``. Raises as :func:`read_yaml` does."""
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
    values = 0
    for event in _parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise YamlError(f"{_at(path, event)}: nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            values += 1
            if values > MAX_VALUES:
                raise YamlError(f"{_at(path, event)}: more than {MAX_VALUES} keys and values")
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise YamlError(f"{_at(path, event)}: a second document; one is expected")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlError(f"{_at(path, event)}: anchors and aliases are not allowed")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise YamlError(
                f"{_at(path, event)}: the tag {tag:.80} is not allowed: plain data only"
            )


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
        _check_number(node, key, path)
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
        if not isinstance(name, yaml.ScalarNode) or name.tag != _TEXT:
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


def _check_number(node: yaml.ScalarNode, key: KeyPath, path: Path) -> None:
    """Raises :class:`YamlError` for a number past 64 bits, or one that YAML reads as few would."""
    text: str = node.value
    if node.tag not in _NUMBERS or _SPECIAL_NUMBER.fullmatch(text):
        return
    place = f"{_at(path, node)}: {_dotted(key)}: {text:.{_LONGEST_NUMBER}}"
    if len(text) > _LONGEST_NUMBER:
        raise YamlError(f"{place}...: a number of {len(text)} characters")
    if not _PLAIN_NUMBER.fullmatch(text):
        raise YamlError(f"{place} is easily misread; write a decimal number without leading zeros")
    if node.tag == _INTEGER and abs(int(text.replace("_", ""), 0)) >= 1 << 63:
        raise YamlError(f"{place} is past 64 bits")


def _place(node: yaml.Node, key: KeyPath, places: dict[KeyPath, tuple[int, int]]) -> None:
    mark = cast("yaml.Mark", node.start_mark)  # the composer gives each node its own
    places[key] = (mark.line + 1, mark.column + 1)


def _dotted(key: KeyPath) -> str:
    return ".".join(f"{part!s:.80}" for part in key) or "top level"
