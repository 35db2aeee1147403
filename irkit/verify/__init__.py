"""Whether two lowered programs are the same, judged from their files alone.

Nothing here uses the code that records, prunes, logs or emits: a fault there can not hide itself.
"""
