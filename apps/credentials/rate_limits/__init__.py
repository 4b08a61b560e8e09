"""How often somebody may ask: counters, and the throttle of the API."""
