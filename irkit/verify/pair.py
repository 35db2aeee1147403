"""The two modules under judgement, each read once and only when a tier needs it whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dialects.diagnostics import ReadError
from dialects.reader import ParsedModule, faults, parse_module
from irkit.verify.files import InputError, open_input


@dataclass(frozen=True)
class Pair:
    """Two files with a module each."""

    left: Path
    right: Path

    def __reduce__(self) -> tuple[type[Pair], tuple[Path, Path]]:
        """Other processes read the files for themselves."""
        return Pair, (self.left, self.right)

    @property
    def bytes(self) -> int:
        """The size of the larger file; raises :class:`~irkit.verify.files.InputError`."""
        try:
            return max(path.stat().st_size for path in (self.left, self.right))
        except OSError as error:
            raise InputError(f"{error.filename}: can not be read: {error.strerror}") from None

    @cached_property
    def modules(self) -> tuple[ParsedModule, ParsedModule]:
        """Both modules, verified.

        Raises :class:`~irkit.verify.files.InputError` for a file that cannot be read or that
        violates a constraint: nothing can be said of what has no meaning.
        """
        return read_verified(self.left), read_verified(self.right)


def read_verified(path: Path) -> ParsedModule:
    """The module in a file; raises :class:`~irkit.verify.files.InputError` unless it is valid."""
    try:
        with open_input(path) as file:
            parsed = parse_module(file.read(), str(path))
    except OSError as error:
        raise InputError(f"{path}: can not be read: {error.strerror}") from None
    except ReadError as error:
        raise InputError(str(error)) from None
    found = faults(parsed)
    if found:
        more = f" (and {len(found) - 1} more; see `irkit check`)" if len(found) > 1 else ""
        raise InputError(f"{found[0]}{more}")
    return parsed
