"""What was tried against irkit, how often, what was lost, and what was found and repaired."""
