"""Django's engine for PostgreSQL, on connections that may have ended while nobody used them."""
