"""What a refusal looks like, the refusal log, and failures that are ordered."""
