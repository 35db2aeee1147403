"""``irkit fmt --generic``.

Upstream numbers the values of the generic form through the whole module, the last function first,
so the module is held.
"""

from __future__ import annotations

from pathlib import Path

from dialects.module_text import write_module
from dialects.reader import parse_module
from irkit.output_file import AtomicFile
from irkit.reading.files import open_text


def format_file_generically(
    path: str | Path, output: str | Path, *, allow_unregistered: bool = False
) -> None:
    """Writes the module in ``path`` with every operation in its generic form to ``output``.

    ``-`` stands for standard streams. Raises :class:`~dialects.diagnostics.ReadError`, ``OSError``
    and :class:`~irkit.output_file.OutputError`; then nothing is written.
    """
    with open_text(path) as file:
        text = file.read()
    shown = "<stdin>" if str(path) == "-" else str(path)
    parsed = parse_module(text, shown, allow_unregistered=allow_unregistered)
    with AtomicFile(output, digest=False) as out:
        write_module(
            parsed.module, lambda piece: out.write(piece.encode()), parsed.resources, generic=True
        )
