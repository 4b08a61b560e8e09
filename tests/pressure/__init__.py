"""Pressure on a running server: attacks that can be repeated (`bin/attack`), and loads to measure."""
