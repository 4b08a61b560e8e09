"""Scripts that put a running server under pressure; nobody runs them with the tests."""
