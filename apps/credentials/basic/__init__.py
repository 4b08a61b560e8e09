"""HTTP Basic: users who send a name and a password, and how often they may guess."""
