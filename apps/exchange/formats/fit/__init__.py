"""FIT: the files of sports watches (Garmin FIT protocol, global profile)."""
