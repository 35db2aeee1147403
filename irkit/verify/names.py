"""Equality of two programs up to the names of their SSA values, in one pass over both.

The texts must agree in everything but names, and the names by a one-to-one renaming within each
scope: the results of a region's operations and the arguments of its blocks are its own, an
operation's header (arguments of a function, of a reducer, of a loop) belongs to that operation.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from irkit.errors import IRKitError
from irkit.verify.files import InputError
from irkit.verify.lexer import Kind, Piece, pieces
from irkit.verify.renaming import RenamedScope

_EXCERPT = 72
_RESULTS = re.compile(rb"(?::\d+)?(, $| = )")
"""What follows one of several names that begin a line, where they name results."""
_DEFINES = re.compile(rb"(?::\d+)? = ")
_MOST_RESULTS = 10_000
_HEADER_WORDS = re.compile(rb"(cond|do|reducer|else)\b")
"""What may begin a line without beginning an operation, besides ``}`` and block labels."""


class UndecidedError(IRKitError):
    """Text that this comparison can not follow; the message says where and why."""


@dataclass(frozen=True)
class NameDifference:
    """The first place where no renaming makes the two agree."""

    left_line: int
    right_line: int
    reason: str


def compare_up_to_names(left: Path, right: Path) -> NameDifference | None:
    """The first difference that is not one of names, or none.

    Memory grows with the names that can not be held as runs (see
    :mod:`irkit.verify.renaming`), never with literals. Raises
    :class:`~irkit.verify.files.InputError` for what is no SSA text (braces that do not match,
    strings that do not end), and :class:`UndecidedError` where both read a name before its
    definition, as graph regions may, and where a name seems to be defined twice.
    """
    return _Comparison(left, right).run()


class _Comparison:
    def __init__(self, left: Path, right: Path) -> None:
        self._paths = left, right
        self._scopes = [RenamedScope(region=True)]
        self._line_begins = True
        self._depth = 0
        """Of parentheses; below, of those that were open where the innermost region begins."""
        self._depth_of_region = 0
        self._in_label = False
        self._in_results = False
        """Whether names are those of results: ``%output_state, %output = ``."""

    def run(self) -> NameDifference | None:
        # One piece of look-ahead says whether a name is being defined or read.
        left, right = (_Ahead(pieces(path)) for path in self._paths)
        a, b = left.next(), right.next()
        while a.kind is not Kind.END or b.kind is not Kind.END:
            if a.kind is not b.kind:
                return self._different(a, b)
            after_a, after_b = left.next(), right.next()
            if a.kind is Kind.NAME:
                if self._line_begins and not self._in_parentheses():
                    self._in_results = left.in_results(after_a) and right.in_results(after_b)
                reason = self._name(a, b, after_a, after_b)
                if reason:
                    return NameDifference(a.line, b.line, reason)
            elif a.text != b.text:
                return self._different(a, b)
            else:
                self._other(a)
            a, b = after_a, after_b
        if len([scope for scope in self._scopes if scope.region]) != 1:
            raise InputError(f"{self._paths[0]}:{a.line}: a brace that is not closed")
        return None

    def _different(self, a: Piece, b: Piece) -> NameDifference:
        return NameDifference(a.line, b.line, f"{_shown(a)} against {_shown(b)}")

    def _name(self, a: Piece, b: Piece, after_a: Piece, after_b: Piece) -> str:
        """Follows one pair of names; gives the reason why they can not be the same, if any."""
        left, _, left_index = a.text.partition(b"#")
        right, _, right_index = b.text.partition(b"#")
        inside = self._in_parentheses()
        if self._line_begins and not inside:
            self._end_operation()
        self._line_begins = False
        if left_index != right_index:
            return f"{_shown(a)} against {_shown(b)}: another result of an operation"
        for_right, for_left = self._find(left, right)
        defined = (
            self._in_results or _is_definition(after_a, inside),
            self._in_results or _is_definition(after_b, inside),
        )
        if defined[0] != defined[1]:
            return f"{_shown(a)} against {_shown(b)}: one is defined here, the other read"
        if not defined[0]:
            if for_right == right:
                return ""
            if for_right is None and for_left is None:
                raise self._undecided(a, "is read before its definition")
            known = (
                f"{_text(left)} of the left is {_text(for_right)}"
                if for_right
                else (f"{_text(right)} of the right is {_text(for_left or b'')}")
            )
            return f"{_shown(a)} against {_shown(b)}: {known} on the other side"
        if for_right is not None or for_left is not None:
            # Or a scope ends within a line, where none is seen to end.
            raise self._undecided(a, f"(or {_shown(b)}) seems to be defined twice")
        in_header = inside and not self._in_label
        scope = self._operation_scope() if in_header else self._region_scope()
        scope.define(left, right)
        return ""

    def _undecided(self, piece: Piece, what: str) -> UndecidedError:
        where = f"{self._paths[0]}:{piece.line}"
        return UndecidedError(f"{where}: {_shown(piece)} {what}")

    def _find(self, left: bytes, right: bytes) -> tuple[bytes | None, bytes | None]:
        """What the two names stand for on the other side, in the scopes that are open."""
        for_right = for_left = None
        for scope in reversed(self._scopes):
            for_right = for_right or scope.left_to_right.get(left)
            for_left = for_left or scope.right_to_left.get(right)
        return for_right, for_left

    # -- scopes ------------------------------------------------------------------------------

    def _other(self, piece: Piece) -> None:
        kind = piece.kind
        if kind is Kind.COMMENT:
            return
        if kind is Kind.LINE:
            self._line_begins = True
            self._in_label = self._in_results = False
            return
        inside = self._in_parentheses()
        if self._in_results:
            match = _RESULTS.match(piece.text)
            self._in_results = match is not None and match[1] != b" = "
        if kind is Kind.TEXT:
            self._depth += piece.text.count(b"(") - piece.text.count(b")")
        if kind is Kind.OPEN:
            self._scopes.append(RenamedScope(region=True, depth=self._depth))
            self._depth_of_region = self._depth
        elif kind is Kind.CLOSE:
            self._end_operation()
            if len(self._scopes) == 1:
                raise InputError(f"{self._paths[0]}:{piece.line}: a brace that was not opened")
            self._scopes.pop()
            self._depth_of_region = self._region_scope().depth
        elif self._line_begins and not (inside or _HEADER_WORDS.match(piece.text)):
            self._end_operation()
            self._in_label = piece.text.startswith(b"^")
        self._line_begins = False

    def _in_parentheses(self) -> bool:
        """Whether the place is in parentheses that were opened in the innermost region."""
        return self._depth > self._depth_of_region

    def _end_operation(self) -> None:
        if not self._scopes[-1].region:
            self._scopes.pop()

    def _region_scope(self) -> RenamedScope:
        return next(scope for scope in reversed(self._scopes) if scope.region)

    def _operation_scope(self) -> RenamedScope:
        if self._scopes[-1].region:
            self._scopes.append(RenamedScope(region=False))
        return self._scopes[-1]


class _Ahead:
    """The pieces of a text, some of which are looked at before their time. The end repeats."""

    def __init__(self, found: Iterator[Piece]) -> None:
        self._found = found
        self._seen: deque[Piece] = deque()
        self._end: Piece | None = None

    def next(self) -> Piece:
        """The next piece."""
        return self._seen.popleft() if self._seen else self._read()

    def _read(self) -> Piece:
        if self._end is not None:
            return self._end
        piece = next(self._found)
        if piece.kind is Kind.END:
            self._end = piece
        return piece

    def in_results(self, piece: Piece) -> bool:
        """Whether names begin the line that are results; ``piece`` follows the first of them, and
        was taken already."""
        for place in range(_MOST_RESULTS):
            match = _RESULTS.match(piece.text) if piece.kind is Kind.TEXT else None
            if match is None:
                return False
            if match[1] == b" = ":
                return True
            while len(self._seen) < 2 * place + 2:
                self._seen.append(self._read())
            if self._seen[2 * place].kind is not Kind.NAME:
                return False
            piece = self._seen[2 * place + 1]
        return False


def _is_definition(after: Piece, in_parentheses: bool) -> bool:
    """Whether the name before this piece is being defined: ``%0 = ``, ``%0:2 = ``, ``(%arg0: ``.

    Outside of parentheses a type may follow what is read: ``return %0: tensor<f32>``.
    """
    if after.kind is not Kind.TEXT:
        return False
    return _DEFINES.match(after.text) is not None or (in_parentheses and after.text[:1] == b":")


def _text(name: bytes) -> str:
    return name.decode(errors="backslashreplace")


def _shown(piece: Piece) -> str:
    if piece.kind is Kind.END:
        return "the end of the file"
    if piece.kind is Kind.LINE:
        return f"the end of line {piece.line}"
    text = _text(piece.text)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."
