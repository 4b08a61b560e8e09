"""Pages on which a person logs in and lets a program act for them."""
