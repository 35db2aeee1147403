"""What ``irkit lower --verify`` does: the output is judged as if somebody else had written it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from irkit.verify.bytes import compare_bytes
from irkit.verify.policies import REFERENCE, kind_of_difference, run_irkit


def verify_output(output: Path, lowering: Sequence[str], say: Callable[[str], object]) -> int:
    """Checks a file that ``irkit lower`` wrote; 0 if it is valid and right, else 1.

    It is read again and each operation verified, then it is compared with what the buffered
    reference makes of the same ``lowering`` (the arguments of ``irkit lower`` but the policy and
    the output). Both are done by processes of their own, so neither shares state with what wrote
    the file. The reference needs as much disk beside the output, for the time being, and the memory
    that lowering at once takes. Raises :class:`~irkit.verify.files.InputError` where the reference
    cannot be made.
    """
    faults = run_irkit(["check", "--no-snippets", str(output)], accepted=(0, 1)).strip()
    if faults:
        say(f"{output}: NOT VALID:\n{faults}")
        return 1
    with tempfile.TemporaryDirectory(prefix=".irkit-verify-", dir=output.parent) as folder:
        reference = Path(folder, "reference.mlir")
        run_irkit(["lower", *lowering, "--policy", REFERENCE, "-o", str(reference)])
        found = compare_bytes(output, reference)
        if found.difference is None:
            say(
                f"{output}: valid, and identical to the buffered reference: {found.size} bytes, "
                f"sha256 {found.sha256}"
            )
            return 0
        say(
            f"{output}: valid, but DIFFERENT from the buffered reference, first at line "
            f"{found.difference.line}: {found.difference.left.line_start.strip()}"
        )
        say(kind_of_difference(output, reference))
    return 1
