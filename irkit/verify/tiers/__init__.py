"""One module a tier, each with one entry, ``judge(pair, options) -> Finding``."""
