"""Tests of several servers of one store."""
