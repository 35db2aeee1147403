"""Programs judged by iree-opt, which has operations that jaxlib does not have yet."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tests.witness.iree import SEPARATOR, tool


def newer_upstream_texts(programs: Sequence[str]) -> list[str | None]:
    """How upstream prints each program; ``None`` for one that it refuses."""
    done = subprocess.run(
        [tool("iree-opt"), "--split-input-file", "-"],
        input=SEPARATOR.join(programs),
        capture_output=True,
        text=True,
        check=False,
    )
    parts = done.stdout.split(SEPARATOR)
    if len(parts) != len(programs):
        raise RuntimeError(done.stderr)
    # iree-opt ends each module with an empty line.
    return [part.removesuffix("\n\n") + "\n" if part.strip() else None for part in parts]
