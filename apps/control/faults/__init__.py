"""Faults: rules of a sandbox that have chosen requests fail, late, broken or wrong."""
