"""Judges that irkit did not write: upstream MLIR in jaxlib, and IREE's tools."""
