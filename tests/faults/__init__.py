"""Faults: what happens to irkit's runs when the system or the input is at fault."""
