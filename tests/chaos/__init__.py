"""A served store under random faults, held against a model of what it acknowledged."""
