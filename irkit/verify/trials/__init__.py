"""The parts of tier 4: inputs, running both sides, and making a counterexample small."""
