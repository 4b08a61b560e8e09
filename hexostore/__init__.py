"""Hexostore: a self-hosted server that speaks the Hexoskin REST API."""
