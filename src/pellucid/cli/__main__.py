"""`python -m pellucid.cli`, where the command itself is not on the path."""

from pellucid.cli.entry import main

if __name__ == "__main__":
    main()
