"""Attacks that can be repeated: one file for each direction, one command (`bin/attack`) for all."""
