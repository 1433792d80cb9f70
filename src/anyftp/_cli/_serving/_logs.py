"""Where and how `anyftp serve` writes down what happens."""

from __future__ import annotations

import json
import logging
import logging.handlers
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from anyftp._cli._ending._failure import Failure, describe

LogFormat = Literal["text", "json", "xferlog"]

_DOWN = frozenset({"RETR"})
_UP = frozenset({"STOR", "STOU", "APPE"})


def set_up_logs(file: Path | None, form: LogFormat, *, verbose: bool) -> None:
    """Write to a file, or to standard error.

    A file has logins, transfers and changes; standard error only what goes wrong and who was
    refused, unless verbose. One that was moved away, by logrotate for instance, is begun anew.

    Raises:
        Failure: the file cannot be written.
    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler()
    else:
        try:
            handler = logging.handlers.WatchedFileHandler(file, encoding="utf-8")
        except OSError as error:
            raise Failure(describe(error)) from error
    handler.setFormatter(_FORMATTERS[form]())
    if form == "xferlog":
        handler.addFilter(_is_of_a_file)
    has_more = verbose or file is not None or form == "xferlog"
    logging.basicConfig(handlers=[handler], level=logging.INFO if has_more else logging.WARNING)
    # It tells each vain try, with a traceback; we tell once that Redis cannot be reached, and why.
    logging.getLogger("coredis").setLevel(logging.CRITICAL)


def reopen_logs() -> None:
    """Begin files anew that were moved away."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.handlers.WatchedFileHandler):
            handler.acquire()
            try:
                handler.reopenIfNeeded()
            finally:
                handler.release()


class TextFormatter(logging.Formatter):
    """A line for people: when, and what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s")


class JsonFormatter(logging.Formatter):
    """A JSON object on a line: time, level, message, and the fields of the event."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        fields: dict[str, object] = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name.startswith("ftp_"):
                fields[name.removeprefix("ftp_")] = value
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)


class XferlogFormatter(logging.Formatter):
    """A line as wu-ftpd, vsftpd and proftpd write them, for programs that read those."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`; for transfers of files only."""
        event = vars(record)
        is_up = event["ftp_verb"] in _UP
        user = event["ftp_user"] or "-"
        words = [
            _time(record).astimezone().strftime("%a %b %d %H:%M:%S %Y"),
            str(max(1, round(event["ftp_seconds"]))),
            event["ftp_peer_host"],
            str(event["ftp_nbytes"]),
            event["ftp_path"].replace(" ", "_"),
            "b",
            "_",
            "i" if is_up else "o",
            "a" if user == "anonymous" else "r",
            user.replace(" ", "_"),
            "ftp",
            "0",
            "*",
            "c" if event["ftp_code"].startswith("2") else "i",
        ]
        return " ".join(words)


def _is_of_a_file(record: logging.LogRecord) -> bool:
    is_end = getattr(record, "ftp_event", "") == "TransferEnded"
    return is_end and getattr(record, "ftp_verb", "") in _UP | _DOWN


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


_FORMATTERS: dict[LogFormat, type[logging.Formatter]] = {
    "text": TextFormatter,
    "json": JsonFormatter,
    "xferlog": XferlogFormatter,
}
