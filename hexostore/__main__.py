"""`python -m hexostore` is the command `hexostore`."""

from hexostore.cli import main

if __name__ == "__main__":
    main()
