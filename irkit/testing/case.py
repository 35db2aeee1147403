"""A program with the settings under which it is lowered, as plain data."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from irkit.policy import ConstantsForm, Policy, declared
from irkit.recording import ComputeGraph, record
from irkit.testing.catalogue import KINDS
from irkit.testing.program import Program
from irkit.testing.workers.worker import Json

FORMS: Sequence[ConstantsForm] = ("argument", "inline", "resource", "external")

UNKNOWN_TO_UPSTREAM = frozenset({"collective_broadcast_rooted", "collective_reduce"})
"""Kinds of the specification that jaxlib does not read yet; IREE does."""
HOSTED = frozenset(
    [
        "all_gather",
        "all_reduce",
        "all_to_all",
        "async_done",
        "async_start",
        "collective_broadcast",
        "collective_broadcast_rooted",
        "collective_permute",
        "collective_reduce",
        "cross-replica-sum",
        "custom_call",
        "infeed",
        "outfeed",
        "partition_id",
        "recv",
        "reduce_scatter",
        "replica_id",
        "rng",
        "send",
        "trace",
    ]
)
"""Kinds that need a host or other processes to answer, or that draw from a stream of numbers which
a dead drawing would move on."""
ALL_KINDS, HOSTED_TOO = 0.1, 0.5
"""Shares of programs of all kinds, and of those that upstream knows; the rest runs alone."""

DECLARED = 0.1
"""Share of programs whose scopes declare what they return, under a policy that relies on it."""


@dataclass(frozen=True)
class Case:
    """What a property is tried on."""

    program: Program
    policy: Policy
    form: ConstantsForm
    prune: bool
    seed: int
    """Of the hash, of inputs, and of which mutants are tried."""

    @classmethod
    def random(cls, seed: int, size: int, kinds: Sequence[str] | None = None) -> Case:
        """The case of a seed, whose program has ``size`` steps.

        Without ``kinds`` most programs have only steps that upstream knows, and some only such that
        run without a host.
        """
        chosen = random.Random(f"case {seed}")
        names = _kinds(chosen.random()) if kinds is None else kinds
        declares = chosen.random() < DECLARED
        form = chosen.choice(FORMS)
        return cls(
            Program.random(seed, size, names, declares=declares),
            declared("part.*") if declares else random_policy(chosen, size, form),
            form,
            declares or chosen.random() < 0.7,
            seed,
        )

    @property
    def reference(self) -> Policy:
        """The buffered policy that stores constants as the case's does."""
        policy = self.policy
        return Policy(
            name="reference",
            constants_form=policy.constants_form,
            constants_threshold=policy.constants_threshold,
        )

    def graph(self, policy: Policy, *, prune: bool) -> ComputeGraph:
        """The program recorded under a policy."""
        weights = None if self.form == "argument" else self.program.weights()
        recording = record(self.program, policy=policy, weights=weights, constants=self.form)
        graph = recording.to_compute_graph()
        return graph.pruned_to_outputs() if prune else graph

    def text(self) -> str:
        """The streamed text."""
        return self.graph(self.policy, prune=self.prune).to_stablehlo().text

    def streamed(self, *, prune: bool) -> str:
        """The streamed text, pruned or not."""
        return replace(self, prune=prune).text()

    def to_json(self) -> Json:
        """Numbers, strings, lists and objects."""
        policy = asdict(self.policy)
        return {
            "program": json.loads(self.program.to_json()),
            "policy": {
                f.name: _plain(policy[f.name])
                for f in fields(Policy)
                if policy[f.name] != f.default
            },
            "form": self.form,
            "prune": self.prune,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: Json) -> Case:
        """What :meth:`to_json` gave."""
        policy = cast("dict[str, Any]", dict(data["policy"]))
        if "log_directory" in policy:
            policy["log_directory"] = Path(policy["log_directory"])
        return cls(
            Program.from_json(json.dumps(data["program"])),
            Policy(**policy),
            data["form"],
            data["prune"],
            data["seed"],
        )


def _kinds(place: float) -> list[str]:
    """All kinds for the first part of the numbers from 0 to 1, then fewer."""
    left_out: frozenset[str] = frozenset()
    if place >= ALL_KINDS:
        left_out |= UNKNOWN_TO_UPSTREAM
    if place >= ALL_KINDS + HOSTED_TOO:
        left_out |= HOSTED
    return sorted(KINDS.keys() - left_out)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def random_policy(chosen: random.Random, size: int, form: ConstantsForm) -> Policy:
    """A policy that ends chunks, small ones more often, and discovers live-outs."""
    most = max(2, min(size, 1 << 12))
    operations = min(chosen.randint(1, most), chosen.randint(1, most))
    end: dict[str, Any] = chosen.choice(
        [
            {"chunk_end": "operations", "operations": operations},
            {"chunk_end": "bytes", "chunk_bytes": 1 << chosen.randint(0, 18)},
            {
                "chunk_end": "scope",
                "scope_pattern": chosen.choice(["*", "**", "part.*"]),
                "max_operations": operations,
            },
        ]
    )
    log: dict[str, Any] = chosen.choice(
        [{"log": "disk"}, {}, {"log_memory_limit": 1 << chosen.randint(4, 16)}]
    )
    constants: dict[str, Any] = {}
    if form in ("resource", "external") and chosen.random() < 0.5:
        constants = {"constants_form": form, "constants_threshold": chosen.choice((1, 8, 64))}
    return Policy(name="random", **end, **log, **constants)
