"""Scores of somebody's annotations against the ground truth of simulated records."""
