"""Tier 2: programs as graphs of values, compared by digest.

The digest of a value covers the operation that makes it (name, attributes, types, regions) and the
digests of what it reads. Hence two equal digests say that two values are computed in the same way,
whatever their names, the order of pure operations, and what else the programs compute: nothing is
assumed of what an operation means, only that a pure one gives the same results for the same
operands. Operations with effects also read the digest of the effect before them, so they keep
their order and their number.
"""
