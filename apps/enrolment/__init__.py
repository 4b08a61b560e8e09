"""Who takes part in which study: its owner and team, its subjects and their groups."""
