"""The control plane under /_sandbox/: what tests may do with a store, as JSON."""
