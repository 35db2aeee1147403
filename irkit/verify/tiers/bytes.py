"""Tier 0, bytes: the files are the same."""

from __future__ import annotations

from irkit.verify.bytes import ByteDifference, compare_bytes
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.verdict import Finding, Json, Tier, Verdict


def judge(pair: Pair, options: Options) -> Finding:
    """Compares in blocks; says where the first difference is."""
    del options
    found = compare_bytes(pair.left, pair.right)
    if found.difference is None:
        said = f"identical: {found.size} bytes, sha256 {found.sha256}"
        details: dict[str, Json] = {"bytes": found.size, "sha256": found.sha256}
        return Finding(Tier.BYTES, Verdict.EQUAL, said, details)
    return Finding(Tier.BYTES, Verdict.UNDECIDED, *_described(found.difference))


def _described(difference: ByteDifference) -> tuple[str, dict[str, Json]]:
    place = f"line {difference.line}, column {difference.column}"
    lines = [f"the bytes differ, first at offset {difference.offset}, {place}"]
    for side in (difference.left, difference.right):
        end = "^ the file ends here" if side.ended else "^"
        lines += [
            f"  {side.path}:{difference.line}: {side.line_start.strip()}",
            f"    | {side.excerpt}",
            f"    | {' ' * side.caret}{end}",
        ]
    details: dict[str, Json] = {
        "offset": difference.offset,
        "line": difference.line,
        "column": difference.column,
    }
    return "\n".join(lines), details
