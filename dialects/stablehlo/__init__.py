"""StableHLO: operations, attributes, type inference and numbered constraints.

The dialect object, the list of operations and inference by name are in
:mod:`dialects.stablehlo.registry`; a module that needs a few operations imports their chapters and
does not pay for the rest.
"""
