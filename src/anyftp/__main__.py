"""`python -m anyftp` is the `anyftp` command."""

from anyftp._cli import main

if __name__ == "__main__":
    main()
