"""Sample a program that starts: ``start_up SAMPLES import anyftp``, ``start_up SAMPLES ls URL``."""

import importlib
import sys

from benchmarks.children.sampler import Sampler


def main() -> None:
    """Import a module, or run the command with the arguments."""
    _, path, *words = sys.argv
    sampler = Sampler(path)
    try:
        if words[0] == "import":
            getattr(importlib.import_module(words[1]), words[2])
        else:
            sys.argv = ["anyftp", *words]
            importlib.import_module("anyftp_command").main()
    finally:
        sampler.write()


if __name__ == "__main__":
    main()
