"""Pressure on a running server: attacks to repeat (`bin/attack`), and loads to measure."""
