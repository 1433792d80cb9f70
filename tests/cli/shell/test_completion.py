"""What Tab offers."""

import anyio
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from anyftp import Client, StreamThrottle
from anyftp._cli._given._url import parse_url
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._shell._completion import ShellCompleter
from anyftp._cli._shell._state import Shell


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ge", ["get"]),
        ("m", ["mget", "mirror", "mkdir", "more", "mput", "mrm", "mv"]),
        ("get a", ["a.txt"]),
        ("get a.txt b", ["b.txt", "big"]),
        ("cd s", ["sub/"]),
        ("cat sub/", ["c.txt", "deep/"]),
        ("cat sub/deep/d", ["d.txt"]),
        ("get w", ["with\\ blank"]),
        ("get with\\ b", ["with\\ blank"]),
        ("get none/", []),
    ],
)
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [("asyncio", {})])  # prompt_toolkit's only one
async def test_completion(url: str, typed: str, offered: list[str]) -> None:
    place = parse_url(url)
    client = Client.context(place.host, place.port, "me", "secret")
    async with client as connected, anyio.create_task_group() as tasks:
        state = Shell(
            Remote(place, "me", "secret"), connected, tasks, StreamThrottle.from_limits(), print
        )
        completer = ShellCompleter(state)
        document = Document(typed)
        found = [
            completion
            async for completion in completer.get_completions_async(document, CompleteEvent())
        ]
    assert [completion.text for completion in found] == offered
    for completion in found:
        start = len(typed) + completion.start_position
        assert completion.text.startswith(typed[start:])
