"""Counts over upstream's own test files, which lie outside this repository."""
