"""Control of a sandbox by tests: separate worlds, and everything that is kept beside them."""
