"""Mirrors over the workers of a Dask cluster, for what is too much for one machine.

`dask.bag` and `dask.dataframe` need nothing of this: they read `anyftp://` URLs by `anyftp.fsspec`.
"""

from anyftp._extras import importing

with importing("distributed", "anyftp.distributed"):
    from anyftp.distributed._mirror import mirror as mirror
    from anyftp.distributed._plan import Copy as Copy
    from anyftp.distributed._report import MirrorReport as MirrorReport

__all__ = ["Copy", "MirrorReport", "mirror"]
