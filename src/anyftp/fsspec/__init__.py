"""FTP as a file system of fsspec, for pandas, xarray, zarr, Dask and whoever else takes a URL.

`anyftp://` and `anyftps://` are known to fsspec once anyftp is installed; `register()` has it serve
`ftp://` and `ftps://` too, in place of fsspec's own.
"""

from anyftp._extras import importing

with importing("fsspec", "anyftp.fsspec"):
    from anyftp.fsspec._file_system import FTPFileSystem as FTPFileSystem
    from anyftp.fsspec._file_system import FTPSFileSystem as FTPSFileSystem
    from anyftp.fsspec._file_system import register as register

__all__ = ["FTPFileSystem", "FTPSFileSystem", "register"]
