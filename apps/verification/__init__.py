"""Checks of any server against the rules of the contract, by requests that only read."""
