"""Which records are the same person or organisation: cleaning, blocking, comparison levels, match weights, clusters. No I/O."""
