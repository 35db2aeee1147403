"""What the IR is: operations and attributes, their syntax, type inference and constraints.

Nothing here knows of streams, chunks, files or weights.
"""
