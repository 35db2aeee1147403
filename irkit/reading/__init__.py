"""Reading modules of any size: checking, formatting and pruning them in bounded memory."""

from irkit.reading.check import check_file

__all__ = ["check_file"]
