"""pyftpdlib, by a small program of its own in the Python that runs the tests."""

from __future__ import annotations

import importlib.util
import json
import sys

from interop.daemons._setup import Setup, Unavailable

_PROGRAM = """
import json
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.servers import FTPServer

setup = json.load(open(sys.argv[1]))
if setup["tls"] == "off":
    from pyftpdlib.handlers import FTPHandler as Handler
else:
    from OpenSSL import SSL
    from pyftpdlib.handlers import TLS_FTPHandler

    class Handler(TLS_FTPHandler):
        certfile = setup["pair"]
        tls_control_required = True
        tls_data_required = not setup["clear_data"]

    class ImplicitHandler(Handler):
        # The handshake comes first, the greeting when it is done.
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            self._pbsz = self._prot = True

        def handle(self):
            self.secure_connection(self.ssl_context)

        def handle_ssl_established(self):
            super().handle()

    if setup["tls"] == "implicit":
        Handler = ImplicitHandler
    context = Handler.get_ssl_context()
    context.set_session_id(b"interop")
    if setup["newest_tls"] == "1.2":
        context.set_options(SSL.OP_NO_TLSv1_3)

Handler.authorizer = DummyAuthorizer()
Handler.authorizer.add_user(setup["user"], setup["password"], setup["home"], perm="elradfmwMT")
Handler.passive_ports = range(*setup["passive"])
FTPServer((setup["host"], setup["port"]), Handler).serve_forever()
"""


def command(setup: Setup) -> list[str]:
    needed = ["pyftpdlib"] if setup.tls == "off" else ["pyftpdlib", "OpenSSL"]
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"this Python has no {' and no '.join(missing)} (pip install)")
    if setup.reuse:
        raise Unavailable("pyftpdlib cannot demand that TLS sessions are resumed")
    program = setup.write("server.py", _PROGRAM)
    options = setup.write("options.json", json.dumps(setup.options()))
    return [sys.executable, str(program), str(options)]
