"""aioftp's server, by a small program of its own in the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import json
import sys

from interop.daemons._setup import Setup, Unavailable

_PROGRAM = """
import asyncio
import json
import logging
import ssl
import sys

import aioftp

setup = json.load(open(sys.argv[1]))
logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s")


async def main():
    context = None
    if setup["tls"] != "off":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(setup["pair"])
    user = aioftp.User(setup["user"], setup["password"], base_path=setup["home"])
    # By default it waits for a data connection for a second; a busy machine takes longer.
    server = aioftp.Server(
        [user], ssl=context, data_ports=range(*setup["passive"]), wait_future_timeout=10
    )
    await server.start(setup["host"], setup["port"])
    await server.serve_forever()


asyncio.run(main())
"""


def command(setup: Setup) -> list[str]:
    if importlib.util.find_spec("aioftp") is None:
        raise Unavailable("this Python has no aioftp (pip install)")
    if setup.tls == "explicit" or setup.reuse:
        raise Unavailable("aioftp's server has no explicit TLS and cannot demand resumed sessions")
    program = setup.write("server.py", _PROGRAM)
    options = setup.write("options.json", json.dumps(setup.options()))
    return [sys.executable, str(program), str(options)]
