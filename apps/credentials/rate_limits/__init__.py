"""Rate limits: counters, and the throttle of the API."""
