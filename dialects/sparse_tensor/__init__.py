"""The ``sparse_tensor`` dialect, of which StableHLO programs use the encoding of tensors.

Source: https://mlir.llvm.org/docs/Dialects/SparseTensorOps
"""

from xdsl.ir import Dialect

from dialects.sparse_tensor.encoding import SparseEncodingAttr
from dialects.sparse_tensor.reading import SliceAttr

SparseTensor = Dialect("sparse_tensor", [], [SparseEncodingAttr, SliceAttr])

__all__ = ["SliceAttr", "SparseEncodingAttr", "SparseTensor"]
