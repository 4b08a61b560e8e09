"""Refusals on the wire, the journal of refusals, and forced failures."""
