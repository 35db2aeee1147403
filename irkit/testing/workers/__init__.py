"""Processes that answer questions: judges that may crash, Pythons with another hash seed."""
