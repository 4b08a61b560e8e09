"""Django's engine for PostgreSQL, on connections that may have ended while they were not used."""
