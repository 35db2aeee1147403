"""Policies refuse what could not be followed, and scope patterns mean what they say."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from irkit.policy import BUILTIN_POLICIES, Policy, PolicyError, per_scope


def test_the_default_is_the_buffered_reference():
    assert Policy().buffered
    assert not any(make().buffered for name, make in BUILTIN_POLICIES.items() if name != "buffered")


@pytest.mark.parametrize("name", BUILTIN_POLICIES)
def test_builtin_policies_can_be_varied(name: str):
    policy = BUILTIN_POLICIES[name]()
    assert policy.name == name
    assert dataclasses.replace(policy, name="other").chunk_end == policy.chunk_end


@pytest.mark.parametrize(
    ("pattern", "matched", "unmatched"),
    [
        ("layers.*", "layers.3", "layers.3.attention"),
        ("layers.*", "layers.", "xlayers.3"),
        ("layers.**", "layers.3.attention", "layers"),
        ("**.attention", "model.layers.0.attention", "attention"),
        ("layers.1", "layers.1", "layersx1"),
        ("a+b", "a+b", "aab"),
    ],
)
def test_scope_patterns(pattern: str, matched: str, unmatched: str):
    policy = per_scope(pattern)
    assert policy.ends_chunk_at(matched)
    assert not policy.ends_chunk_at(unmatched)


def test_only_scope_policies_end_chunks_at_scopes():
    assert not Policy(chunk_end="operations", operations=3).ends_chunk_at("layers.3")


@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("chunks.end", {"chunk_end": "sometimes"}),
        ("log.place", {"chunk_end": "operations", "operations": 1, "log": "tape"}),
        ("live_outs", {"live_outs": "guessed"}),
        ("constants.form", {"constants_form": "mapped"}),
        ("chunks.operations", {"chunk_end": "operations"}),
        ("chunks.operations", {"chunk_end": "operations", "operations": 0}),
        ("chunks.operations", {"chunk_end": "operations", "operations": True}),
        ("chunks.operations", {"chunk_end": "operations", "operations": 2.0}),
        ("chunks.operations", {"chunk_end": "operations", "operations": 5000}),
        ("chunks.operations", {"operations": 5}),
        ("chunks.scope", {"chunk_end": "scope", "scope_pattern": ""}),
        ("chunks.scope", {"chunk_end": "bytes", "chunk_bytes": 9, "scope_pattern": "a"}),
        ("chunks.bytes", {"chunk_end": "bytes", "chunk_bytes": -1}),
        ("chunks.max_operations", {"max_operations": 7}),
        ("live_outs", {"chunk_end": "operations", "operations": 1, "live_outs": "declared"}),
        ("log.place", {"log": "disk"}),
        (
            "log.memory_limit",
            {"chunk_end": "operations", "operations": 1, "log": "disk", "log_memory_limit": 1},
        ),
        (
            "log.directory",
            {
                "chunk_end": "scope",
                "scope_pattern": "a",
                "live_outs": "declared",
                "log_directory": Path(),
            },
        ),
        ("constants.threshold", {"constants_form": "inline", "constants_threshold": 1}),
        ("constants.threshold", {"constants_threshold": -1}),
    ],
)
def test_refused_with_the_key(key: str, settings: dict[str, Any]):
    with pytest.raises(PolicyError) as caught:
        Policy(**settings)
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{key}: ")
