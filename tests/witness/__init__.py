"""Judges that irkit did not write: upstream MLIR and XLA in jaxlib, and IREE's tools."""
