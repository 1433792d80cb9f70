"""What a shell has: its connection, where it is, its limit, its jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import anyio
import click
from anyio.abc import TaskGroup

from anyftp import Client, FTPError, Progress, StreamThrottle
from anyftp._cli._ending._failure import Failure
from anyftp._cli._given._url import RemoteURL, parse_pattern
from anyftp._cli._reaching._items import Failures
from anyftp._cli._reaching._patterns import expand
from anyftp._cli._reaching._remote import Remote

#: Gives the next line, or None at the end.
NextLine = Callable[[], Awaitable[str | None]]
#: What runs in the background: with a client of its own, in the folder where the shell was.
Work = Callable[[Client, Callable[[Progress], None]], Awaitable[None]]


@dataclass(slots=True)
class Job:
    """Something that runs in the background.

    Attributes:
        text: the line that has started it.
        moved: bytes of each file so far.
        end: how it has ended, "" while it runs.
        status: of what has failed, 0 of what has not.
    """

    number: int
    text: str
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    done: anyio.Event = field(default_factory=anyio.Event)
    began: float = 0.0
    moved: dict[str, int] = field(default_factory=dict)
    end: str = ""
    status: int = 0

    def meter(self, progress: Progress) -> None:
        """Take the news of a file."""
        self.moved[str(progress.path)] = progress.nbytes


class ShortFailures(Failures):
    """Failures without the server, which everybody here knows."""

    def failure(self, place: Remote, error: Exception) -> Failure:
        """How an error at a place is told."""
        failure = super().failure(place, error)
        text = failure.message.removeprefix(f"{place.url}: ")
        return Failure(text, failure.exit_code)


@dataclass(slots=True)
class Shell:
    """One session.

    Attributes:
        client: connected and logged in.
        tasks: what jobs run in; the shell waits for them at its end.
        throttle: of all its clients together.
        tell: prints a line, also while one is edited.
    """

    remote: Remote
    client: Client
    tasks: TaskGroup
    throttle: StreamThrottle
    tell: Callable[[str], None]
    jobs: list[Job] = field(default_factory=list)
    has_ended: bool = False

    def url(self, text: str) -> RemoteURL:
        """A path, relative to where the shell is, as commands take places."""
        return RemoteURL(self.remote.url.host, text, pattern=parse_pattern(text))

    def place(self, text: str) -> Remote:
        """The same, with the server."""
        return replace(self.remote, url=self.url(text))

    async def at_each(
        self,
        client: Client,
        texts: Sequence[str],
        work: Callable[[Client, Remote], Awaitable[None]],
    ) -> None:
        """Work at each path, and at each that fits a pattern; a failure stops no other.

        Raises:
            ToldAlready: something failed; it was told as it came.

        Cancellation: as the work's.
        """
        failures = ShortFailures()
        for text in texts:
            for place in await expand(client, self.place(text)):
                with failures.told(place):
                    await work(client, place)
        failures.check()

    async def start(self, text: str, work: Work) -> Job:
        """Have something done in the background, over a connection of its own.

        Cancellation: nothing is begun.
        """
        where = await self.client.get_current_directory()  # now; the next line may go elsewhere
        job = Job(len(self.jobs) + 1, text, began=anyio.current_time())
        self.jobs.append(job)
        self.tasks.start_soon(self._run, job, where, work)
        return job

    async def _run(self, job: Job, where: PurePosixPath, work: Work) -> None:
        try:
            with job.scope:
                async with self.remote.connect(throttle=self.throttle) as client:
                    await client.change_directory(where)
                    await work(client, job.meter)
                    job.end = "done"
        except click.ClickException as told:
            job.end, job.status = told.format_message() or "failed", told.exit_code
        except (FTPError, OSError) as error:
            failure = self.remote.failure(error)
            job.end, job.status = failure.message, failure.exit_code
        finally:
            job.end = job.end or "stopped"
            job.done.set()
        self.tell(f"[{job.number}] {job.text}: {job.end}")
