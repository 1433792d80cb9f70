"""A nightly mirror: what has changed comes here; what fails is told, and the exit status says so.

Run it from cron or a systemd timer. Deleting has a limit, so that a folder that is empty by mistake
does not empty the copy.
"""

import functools
import logging
import sys
from pathlib import PurePosixPath

import anyio

from anyftp import Client, FTPError, RetryPolicy

HOST, FOLDER, COPY = "ftp.example.org", "/pub", "pub"
logger = logging.getLogger("mirror")


def alert(text: str) -> None:
    """Replace this by a mail, a web hook, or what wakes you up."""
    logger.error(text)


def failed(failures: list[str], path: PurePosixPath, error: FTPError) -> None:
    failures.append(f"{path}: {error}")


async def mirror() -> list[str]:
    failures: list[str] = []
    async with Client.context(HOST, 21, timeout=60, retry=RetryPolicy(attempts=5)) as client:
        report = await client.mirror_download(
            FOLDER,
            COPY,
            delete=True,
            max_delete=0.2,
            jobs=4,
            on_error=functools.partial(failed, failures),
        )
    done, plan = report.transfer, report.plan
    logger.info("%d files, %d bytes, %d deleted", done.files, done.nbytes, len(plan.delete))
    return failures


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        failures = anyio.run(mirror)
    except (FTPError, OSError) as error:
        failures = [str(error)]
    for failure in failures:
        alert(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
