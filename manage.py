#!/usr/bin/env python3
"""The command line of a checkout; the same as `hexostore`."""

from hexostore.cli import main

if __name__ == "__main__":
    main()
