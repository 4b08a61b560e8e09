"""How many random inputs a test has, without a limit of time: machines may be busy."""

from hypothesis import settings

many = settings(deadline=None)
few = settings(deadline=None, max_examples=50)
