"""The digest that values are compared by: BLAKE2b of 128 bits over parts and their lengths."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeAlias

Digest: TypeAlias = bytes

DIGEST_BYTES = 16


def part(data: bytes) -> bytes:
    """A part with its length before it, so that ("ab", "c") and ("a", "bc") differ."""
    return len(data).to_bytes(8, "little") + data


def digest(*parts: bytes) -> Digest:
    """The digest of a sequence of parts."""
    return blake2b(b"".join(map(part, parts)), digest_size=DIGEST_BYTES).digest()
