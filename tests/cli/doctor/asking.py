"""What the doctor is asked."""

import json

from cli.running import Run, run


def findings(*arguments: str) -> tuple[Run, dict[str, tuple[str, str]]]:
    """What it found about each thing, as state and words."""
    done = run("doctor", "--json", *arguments)
    found = json.loads(done.stdout)
    return done, {one["about"]: (one["state"], one["told"]) for one in found}
