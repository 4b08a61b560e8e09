"""What a refusal looks like, the journal of refusals, and failures that are ordered."""
