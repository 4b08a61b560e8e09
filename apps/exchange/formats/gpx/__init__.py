"""GPS Exchange Format (GPX): tracks with time."""
