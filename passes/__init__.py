"""What is done to a region: verify it, prune it. A pass knows nothing of files or weights."""
