"""A comparison's result for people (text, HTML) and for programs (JSON)."""
