"""Training Center XML (TCX): activities and workouts."""
