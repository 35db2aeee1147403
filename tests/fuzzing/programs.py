"""Files of random programs: a ``ProgramError``, or a program that is written as it was read."""

from __future__ import annotations

from irkit.testing.errors import ProgramError
from irkit.testing.program import Program
from irkit.testing.program_file import program_from_json


def run(data: bytes) -> None:
    """A program that is read is written so that it reads back."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    refused = ""
    try:
        program = program_from_json(text)
    except ProgramError as error:
        refused = str(error)
    if refused:
        assert len(refused) < 4000, "an error of more than 4000 characters"
    else:
        assert Program.from_json(program.to_json()) == program, "another program"
