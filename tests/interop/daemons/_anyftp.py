"""Our own server, by its command `anyftp serve`."""

from __future__ import annotations

import sys

from interop.daemons._setup import Setup, Unavailable


def command(setup: Setup) -> list[str]:
    if setup.reuse:
        raise Unavailable("`anyftp serve` has no option that demands resumed TLS sessions")
    options = {
        "--host": setup.host,
        "--port": str(setup.port),
        "--passive-ports": f"{setup.passive.start}-{setup.passive.stop - 1}",
        "--user": f"{setup.user}:{setup.password}",
    }
    flags = []
    if setup.tls != "off":
        options["--cert"] = str(setup.run / "pair.pem")
        flags.append("--tls-required" if setup.tls == "explicit" else "--implicit-tls")
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "anyftp", "serve", str(setup.home), *words, *flags]
