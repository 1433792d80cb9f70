"""`python -m anyftp` is the `anyftp` command."""

from anyftp_command import main

if __name__ == "__main__":
    main()
