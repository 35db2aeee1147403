"""What a policy decides: where chunks end, where closed ones are kept, how constants are stored.

A policy never changes the bytes of one artifact form; it changes what is held in memory while
they are made. Policy files are read by :mod:`irkit.policy_file`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from irkit.errors import IRKitError
from irkit.scope_pattern import ScopePattern

ChunkEnd = Literal["never", "scope", "operations", "bytes"]
LogPlace = Literal["memory", "disk"]
LiveOuts = Literal["discovered", "declared"]
ConstantsForm = Literal["argument", "inline", "resource", "external"]

DEFAULT_MAX_OPERATIONS = 4096
DEFAULT_LOG_MEMORY_LIMIT = 32 << 20

KEYS = {
    "name": "name",
    "chunk_end": "chunks.end",
    "scope_pattern": "chunks.scope",
    "operations": "chunks.operations",
    "chunk_bytes": "chunks.bytes",
    "max_operations": "chunks.max_operations",
    "log": "log.place",
    "log_memory_limit": "log.memory_limit",
    "log_directory": "log.directory",
    "memory_limit": "memory.limit",
    "live_outs": "live_outs",
    "constants_form": "constants.form",
    "constants_threshold": "constants.threshold",
}
"""Where each field of :class:`Policy` stands in a policy file."""


class PolicyError(IRKitError, ValueError):
    """A policy that can not be followed.

    ``key`` is the path of the key at fault (``chunks.scope``), ``place`` its ``file:line:col``
    where it came from a file; both stand in the message.
    """

    def __init__(self, key: str, message: str, place: str = "") -> None:
        super().__init__(": ".join(part for part in (place, key, message) if part))
        self.key = key
        self.message = message


@dataclass(frozen=True)
class Policy:
    """How a forward is lowered. All sizes are in bytes.

    The default is the buffered reference. Raises :class:`PolicyError` for a value out of range
    and for settings that contradict each other.
    """

    name: str = "unnamed"
    """Shown in reports."""

    chunk_end: ChunkEnd = "never"
    """What ends a chunk: nothing (the whole tape is held: the buffered reference), the end of a
    scope that ``scope_pattern`` matches, a number of operations, or an estimate of held bytes."""

    scope_pattern: str | None = None
    """With ``chunk_end="scope"``: a pattern over dotted scope names. ``*`` stands for any run of
    characters but a dot, ``**`` for any run; ``layers.*`` matches ``layers.3``, not
    ``layers.3.attention``."""

    operations: int | None = None
    """With ``chunk_end="operations"``: operations in a chunk."""

    chunk_bytes: int | None = None
    """With ``chunk_end="bytes"``: estimated bytes held by the open chunk."""

    max_operations: int = DEFAULT_MAX_OPERATIONS
    """Hard bound on the operations of a chunk, whatever ends it, so that one long scope can not
    grow without end; no bound where nothing ends a chunk. With ``live_outs="declared"`` a scope
    that passes it is an error, for a chunk can not be cut elsewhere than where its live-outs were
    declared."""

    log: LogPlace = "memory"
    """Where closed chunks wait for the outputs to be known."""

    log_memory_limit: int = DEFAULT_LOG_MEMORY_LIMIT
    """With ``log="memory"``: bytes of log after which it moves to disk."""

    log_directory: Path | None = None
    """Folder of the log on disk; the system's temporary folder if not given."""

    memory_limit: int | None = None
    """With ``chunk_end="bytes"``: resident bytes that the process must not pass while it lowers.
    Too few for the policy is an error before the forward runs, which says the least that would do;
    an operation that holds more than ``chunk_bytes`` is then an error, too."""

    live_outs: LiveOuts = "discovered"
    """``discovered``: what of a chunk is live is found from the outputs, by a sweep over the log.
    ``declared``: each scope says its live-outs (``scope.returns``), and a chunk is emitted as it
    is closed, with no log."""

    constants_form: ConstantsForm | None = None
    """How parameters are stored. Not given: ``external`` with a weight source, else
    ``argument``."""

    constants_threshold: int = 0
    """With the forms ``resource`` and ``external``: parameters of fewer bytes than this are stored
    ``inline``."""

    def __post_init__(self) -> None:
        _check_choices(self)
        _check_sizes(self)
        given = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        check_contradictions(self, given)

    @property
    def buffered(self) -> bool:
        """Whether the whole program is held, as the buffered reference does."""
        return self.chunk_end == "never"

    @cached_property
    def _pattern(self) -> ScopePattern:
        return ScopePattern(self.scope_pattern or "")

    def ends_chunk_at(self, scope: str) -> bool:
        """Whether the end of the scope with this dotted name ends the chunk."""
        return self.chunk_end == "scope" and self._pattern.matches(scope)


def buffered() -> Policy:
    """The all-at-once reference: whole tape, whole graph, whole module, whole text."""
    return Policy(name="buffered")


def per_scope(pattern: str = "layers.*") -> Policy:
    """One chunk for each scope that the pattern matches."""
    return Policy(name="per-scope", chunk_end="scope", scope_pattern=pattern)


def fixed_operations(operations: int = 256) -> Policy:
    """A chunk of so many operations, wherever that falls."""
    return Policy(name="fixed-ops", chunk_end="operations", operations=operations)


def memory_bound(chunk_bytes: int = 1 << 20, log_memory_limit: int = 4 << 20) -> Policy:
    """Chunks of bounded size in bytes, and a log that moves to disk early."""
    return Policy(
        name="memory-bound",
        chunk_end="bytes",
        chunk_bytes=chunk_bytes,
        log_memory_limit=log_memory_limit,
    )


def declared(pattern: str = "layers.*") -> Policy:
    """Scopes that declare what they return, emitted as they close."""
    return Policy(name="declared", chunk_end="scope", scope_pattern=pattern, live_outs="declared")


BUILTIN_POLICIES = {
    "buffered": buffered,
    "per-scope": per_scope,
    "fixed-ops": fixed_operations,
    "memory-bound": memory_bound,
    "declared": declared,
}
"""The constructors of the policies in ``specs/policies``, by name."""


def _check_choices(policy: Policy) -> None:
    for field, choices in (
        ("chunk_end", get_args(ChunkEnd)),
        ("log", get_args(LogPlace)),
        ("live_outs", get_args(LiveOuts)),
        ("constants_form", (None, *get_args(ConstantsForm))),
    ):
        value = getattr(policy, field)
        if value not in choices:
            known = ", ".join(str(c) for c in choices if c is not None)
            raise PolicyError(KEYS[field], f"{value!r} is not one of: {known}")


def _check_sizes(policy: Policy) -> None:
    for field, least in (
        ("operations", 1),
        ("chunk_bytes", 1),
        ("max_operations", 1),
        ("log_memory_limit", 0),
        ("memory_limit", 1),
        ("constants_threshold", 0),
    ):
        value = getattr(policy, field)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise PolicyError(KEYS[field], f"{value!r} is not a whole number")
        if value < least:
            raise PolicyError(KEYS[field], f"{value} is less than {least}")


def check_contradictions(policy: Policy, given: Collection[str]) -> None:
    """Refuses settings that could not have an effect together.

    ``given`` are the fields that somebody set, so that a setting is refused even where it repeats
    the default. Raises :class:`PolicyError`.
    """
    _check_chunks(policy, given)
    if policy.live_outs == "declared" and policy.chunk_end != "scope":
        raise PolicyError(
            KEYS["live_outs"],
            f"declared needs chunks.end scope, not {policy.chunk_end}: "
            "only a scope can declare what it returns",
        )
    _check_log(policy, given)
    if policy.chunk_end != "bytes" and "memory_limit" in given:
        raise PolicyError(
            KEYS["memory_limit"],
            f"needs chunks.end bytes, not {policy.chunk_end}: only bytes bound what a chunk holds",
        )
    if policy.constants_form in ("inline", "argument") and "constants_threshold" in given:
        raise PolicyError(
            KEYS["constants_threshold"],
            f"contradicts constants.form {policy.constants_form}, which treats all sizes alike",
        )


def _check_chunks(policy: Policy, given: Collection[str]) -> None:
    needed = {"scope": "scope_pattern", "operations": "operations", "bytes": "chunk_bytes"}
    for end, field in needed.items():
        if policy.chunk_end == end and getattr(policy, field) in (None, ""):
            raise PolicyError(KEYS[field], f"is needed with chunks.end {end}")
        if policy.chunk_end != end and field in given:
            raise PolicyError(
                KEYS[field], f"contradicts chunks.end {policy.chunk_end}: only {end} uses it"
            )
    if policy.chunk_end == "never" and "max_operations" in given:
        raise PolicyError(
            KEYS["max_operations"], "contradicts chunks.end never, which has no chunks to bound"
        )
    if policy.operations is not None and policy.operations > policy.max_operations:
        raise PolicyError(
            KEYS["operations"],
            f"{policy.operations} is more than chunks.max_operations {policy.max_operations}",
        )


def _check_log(policy: Policy, given: Collection[str]) -> None:
    for field in ("log", "log_memory_limit", "log_directory"):
        if field not in given:
            continue
        if policy.chunk_end == "never":
            raise PolicyError(KEYS[field], "contradicts chunks.end never, which keeps no log")
        if policy.live_outs == "declared":
            raise PolicyError(KEYS[field], "contradicts live_outs declared, which keeps no log")
    if policy.log == "disk" and "log_memory_limit" in given:
        raise PolicyError(
            KEYS["log_memory_limit"], "contradicts log.place disk: only a log in memory has a limit"
        )
