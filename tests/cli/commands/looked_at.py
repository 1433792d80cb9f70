"""What is looked at."""

from cli.running import run

OLD, NEW = 1_000_000_000, 1_700_000_000


def lines(*arguments: str) -> list[str]:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()
