"""pandas reads and writes `anyftp://` where nobody imports anyftp (`nox -s fresh`).

The server is another process; here pandas alone is imported.
"""

from __future__ import annotations

import subprocess
import sys

SERVER = """
from anyftp.testing import ServerThread
with ServerThread() as server:
    server.put("/cities.csv", b"city,people\\nOslo,717710\\nLima,10151000\\n")
    print(server.url, flush=True)
    input()
"""


def main() -> None:
    """Read a table by its URL and write it to another; fail loudly otherwise."""
    command = [sys.executable, "-c", SERVER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip().replace("ftp://", "anyftp://")

        import pandas

        assert "anyftp" not in sys.modules
        cities = pandas.read_csv(f"{url}cities.csv")
        assert cities.people.sum() == 10_868_710
        cities.to_csv(f"{url}copy.csv", index=False)
        assert pandas.read_csv(f"{url}copy.csv").equals(cities)
        assert "anyftp" in sys.modules
        server.communicate("\n")
    sys.stdout.write(f"pandas {pandas.__version__} read and wrote {url}\n")


if __name__ == "__main__":
    main()
