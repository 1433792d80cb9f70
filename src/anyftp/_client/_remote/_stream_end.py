"""Whether what a stream has brought is all: the server's 226 is about what it has sent.

A gateway that ends the data connection cleanly cuts a download unnoticed, wherever the server
has not told how much would come (pure-ftpd of small files, pyftpdlib, IIS).
"""

from __future__ import annotations

from anyftp._client._data._transfer import Transfer
from anyftp._client._remote._attributes import size_if_told
from anyftp._errors import IncompleteTransferError
from anyftp._streams import TLSStream


async def check_end(transfer: Transfer) -> None:
    """Compare what a download has brought with the size of the file, unless its end proves it.

    Raises:
        IncompleteTransferError: there is more of it.
        ConnectionLost: before it was told; so FTPTimeoutError and RemoteProtocolError.

    Cancellation: safe.
    """
    session, offset = transfer.session, transfer.offset
    # TLS has an end that nobody can forge.
    is_proven = transfer.expected is not None or isinstance(transfer.channel, TLSStream)
    if is_proven or offset is None or session.login.type != "I":
        return
    if session.control.ledger.has_aside:
        return  # the reply to something else may come as well
    total = await size_if_told(session, transfer.path)
    if total is not None and transfer.received < total - offset:
        raise IncompleteTransferError(transfer.path, transfer.received, total - offset)
