"""The ``quant`` dialect: types of elements that stand for real numbers by a scale and a zero point.

Only types: upstream's operations of this dialect are not StableHLO's. Source:
https://mlir.llvm.org/docs/Dialects/QuantDialect and the StableHLO specification, section Types.
"""
