"""pyftpdlib's server as its tutorial sets it up, for anonymous users who may do everything."""

import logging
from collections.abc import Callable
from typing import Any

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer


def serve(task: dict[str, Any], ready: Callable[[int], None]) -> None:
    """Serve `task["root"]`, with TLS if a certificate is given."""
    logging.disable(logging.CRITICAL)
    handler: type[FTPHandler] = FTPHandler
    if task.get("certificate"):
        from pyftpdlib.handlers import TLS_FTPHandler

        handler = TLS_FTPHandler
        handler.certfile = task["certificate"]
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_anonymous(task["root"], perm="elradfmw")
    server = FTPServer(("127.0.0.1", 0), handler)
    server.max_cons = max(server.max_cons, 2 * task.get("clients", 0) + 100)  # data as well
    ready(server.address[1])
    server.serve_forever()
