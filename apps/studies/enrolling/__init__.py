"""Taking people into a study: from drafts, which JSON and CSV files give, to accounts and rows."""
