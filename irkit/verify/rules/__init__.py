"""Tier 3's parts: programs as terms, named rules, and their saturation in an e-graph.

A rule looks at signatures (an operation with its attributes and types) and gives equations between
terms of them: ``transpose-of-transpose``, given two transposes of this program that can follow one
another, gives the one transpose that equals both. So what is put into the e-graph are equations
between terms of fixed types, and no rule has to reason about shapes inside of it.
"""
