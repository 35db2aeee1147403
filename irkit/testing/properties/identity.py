"""P1: one program and one artifact form give one text, whatever the policy and the hash seed."""

from __future__ import annotations

import hashlib

from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError, first_difference, require_same
from irkit.testing.properties.witnesses import Witnesses
from irkit.testing.workers.worker import WorkerError

HASH_SEEDS = (1, 4242)
"""Of the other processes; this one has its own."""


def check(case: Case, witnesses: Witnesses) -> None:
    """The streamed text is the buffered reference's, here and under another hash seed."""
    streamed = case.graph(case.policy, prune=case.prune)
    reference = case.graph(case.reference, prune=case.prune)
    text = streamed.to_stablehlo().text
    require_same("the streamed text", text, "the buffered one", reference.to_stablehlo().text)
    if streamed.num_nodes != reference.num_nodes:
        raise PropertyError(
            f"the streamed graph has {streamed.num_nodes} nodes, the buffered {reference.num_nodes}"
        )
    seed = HASH_SEEDS[case.seed % len(HASH_SEEDS)]
    question = {"case": case.to_json()}
    try:
        answer = witnesses.under_hash_seed(seed, question)
        if answer["sha256"] == hashlib.sha256(text.encode()).hexdigest():
            return
        other = witnesses.under_hash_seed(seed, {**question, "text": True})["text"]
    except WorkerError as error:
        raise PropertyError(f"under PYTHONHASHSEED={seed}: {error}") from None
    raise PropertyError(
        first_difference("the text here", text, f"that under PYTHONHASHSEED={seed}", other)
    )
