"""Several clients of one server, lent to whoever has something to do."""

from anyftp._pool._pool import ClientPool as ClientPool
from anyftp._pool._report import ManyReport as ManyReport
