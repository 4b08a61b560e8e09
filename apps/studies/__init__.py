"""Studies: who takes part, what is planned for them, what they answered."""
