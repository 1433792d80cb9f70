"""Sample a program that starts: ``start_up SAMPLES import``, ``start_up SAMPLES ls URL``."""

import importlib
import sys

from benchmarks.children import sampler


def main() -> None:
    """Import the client, or run the command with the arguments."""
    _, path, *words = sys.argv
    sampler.start(path)
    if words == ["import"]:
        importlib.import_module("anyftp").Client  # noqa: B018
    else:
        sys.argv = ["anyftp", *words]
        importlib.import_module("anyftp_command").main()


if __name__ == "__main__":
    main()
