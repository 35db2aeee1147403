"""Outputs and nodes before and after pruning a forward that returns more than its caller keeps.

    python -m benchmarks.outputs --model tinyllama-1.1b

The forward returns its logits, every layer's hidden states and every attention map; the caller
keeps the logits. Both recordings, streamed and buffered, are counted.
"""

from __future__ import annotations

import argparse

from irkit import record
from irkit.models.registry import load_model


def main() -> None:
    """Prints a line for each way of recording."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tinyllama-1.1b")
    options = parser.parse_args()
    model = load_model(options.model, all_hidden=True)
    for policy in ("buffered", "per-scope"):
        graph = record(model.forward, policy=policy).to_compute_graph()
        pruned = graph.pruned_to_outputs(["logits"])
        print(
            f"{policy:10} {len(graph.outputs)} -> {len(pruned.outputs)} outputs, "
            f"{graph.num_nodes} -> {pruned.num_nodes} nodes"
        )


if __name__ == "__main__":
    main()
