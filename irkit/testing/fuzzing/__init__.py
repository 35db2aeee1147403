"""Random programs tried with every property for a given time: ``irkit fuzz``."""
