"""Tier 5's parts: tensors of SMT terms, the operations on them, and queries to the solver (Z3).

Integers and booleans are bit vectors, floating-point numbers of IEEE formats are the solver's IEEE
numbers, and all else is an uninterpreted function of what it reads: equal for equal operands, and
nothing more. So *equal* holds for every way in which those functions may be computed, and a model
in which outputs differ is a candidate only, until the interpreter has replayed it.
"""
