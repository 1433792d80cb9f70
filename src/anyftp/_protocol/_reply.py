"""Replies (RFC 959, 4.2): what a server sends and a client reads.

    reply       = line / multi-line
    line        = code SP text CRLF            (also: code CRLF)
    multi-line  = code "-" text CRLF *(any CRLF) code SP text CRLF

Only the code that opened a multi-line reply ends it. Lines between may begin with other codes, with
the same code and a hyphen, or with nothing of the kind.

glFTPd opens with `553-` and ends with `150 Opening…`. To take any code as the end would break the
servers that keep to the RFC, so the decoder stays strict and offers `plausible`: the reply there
would be if the last line were the end. A client takes it, by `close_leniently`, after a short
silence.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from anyftp._errors import RemoteProtocolError
from anyftp._protocol._lines import LineDecoder
from anyftp._protocol._text import LINE_BREAKERS, breaks_lines, decode_text, encode_or_replace

#: The usual: all of a reply on one line. Whatever is otherwise is for the line decoder.
_WHOLE = re.compile(rb"([1-5][0-9]{2}) ([^\r\n]*)\r\n")
_FIRST_LINE = re.compile(rb"([1-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
#: Text that some servers, and hosts that start them, say before the first reply; what greets so
#: in another protocol is no such text, nor is what is no text at all.
_PREAMBLE = re.compile(
    rb"(?!SSH-|HTTP/|\* (?:OK|PREAUTH|BYE)\b|\+OK|<|[0-9]{3})[\t\x20-\x7e\x80-\xff]*"
)
_OTHER_END = re.compile(r"([1-5][0-9]{2}) (.*)", re.DOTALL)
_Bytes = bytes | bytearray | memoryview

_ASCII_DIGITS = frozenset("0123456789")


class CodedLine(str):
    """A line inside a multi-line reply before which the code and a hyphen stand on the wire."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply.

    Attributes:
        code: three digits.
        lines: the text, a line each, without codes. Lines inside a multi-line reply keep their
            leading blanks; those before which the code was repeated are of type `CodedLine`.
    """

    code: str
    lines: tuple[str, ...] = ("",)

    @property
    def text(self) -> str:
        """All lines, joined by a newline."""
        return "\n".join(self.lines)

    @property
    def is_preliminary(self) -> bool:
        """1yz: begun, another reply follows."""
        return self.code[0] == "1"

    @property
    def is_positive(self) -> bool:
        """2yz: done."""
        return self.code[0] == "2"

    @property
    def is_intermediate(self) -> bool:
        """3yz: another command is needed."""
        return self.code[0] == "3"

    @property
    def is_transient(self) -> bool:
        """4yz: refused, for now."""
        return self.code[0] == "4"

    @property
    def is_permanent(self) -> bool:
        """5yz: refused."""
        return self.code[0] == "5"

    @property
    def is_refusal(self) -> bool:
        """4yz or 5yz."""
        return self.code[0] in "45"

    def matches(self, *masks: str) -> bool:
        """Tell whether the code fits one of the masks, such as "226" or "2xx"."""
        code = self.code
        for mask in masks:  # noqa: SIM110  # asked of each reply, and a generator costs more
            if _fits(code, mask):
                return True
        return False

    def encode(self, encoding: str = "utf-8") -> bytes:
        """Encode for the wire.

        Lines inside a multi-line reply go out as they are (FEAT's begin with a blank, RFC 2389),
        but for each `CodedLine`, empty ones and those beginning with a digit: the code and a hyphen
        keep them from being taken for an end. CR, LF and NUL, which a file name may hold, become
        "?".
        """
        if len(self.lines) == 1:
            line = self.lines[0]
            if "\r" in line or "\n" in line or "\0" in line:
                line = _one_line(line)
            return encode_or_replace(f"{self.code} {line}\r\n", encoding)
        if not self.lines:
            return encode_or_replace(f"{self.code} \r\n", encoding)
        first, *middle, last = self.lines
        body = [
            f"{self.code}-{_one_line(first)}",
            *map(self._continuation, middle),
            f"{self.code} {_one_line(last)}",
        ]
        return encode_or_replace("\r\n".join(body) + "\r\n", encoding)

    def _continuation(self, line: str) -> str:
        text = _one_line(line)
        is_plain = text and text[0] not in _ASCII_DIGITS and not isinstance(line, CodedLine)
        return text if is_plain else f"{self.code}-{text}"


class ReplyDecoder:
    """Cuts a stream of bytes into replies, in bounded memory.

    Replies and faults come out in order: replies before a fault are returned first, the next call
    raises. After a fault the decoder is out of step for good, and every call raises.

    Args:
        preamble_lines: how many lines of text may precede the first reply, and are passed over.

    Attributes:
        encoding: how text is decoded from the next line on.
    """

    def __init__(
        self,
        encoding: str = "utf-8",
        max_line: int = 8192,
        max_bytes: int = 65536,
        max_lines: int = 1000,
        preamble_lines: int = 0,
    ) -> None:
        self.encoding = encoding
        self._preamble_lines = preamble_lines
        self._max_bytes = max_bytes
        self._max_lines = max_lines
        self._line_decoder = LineDecoder(max_line)
        self._failure: RemoteProtocolError | None = None
        self._ready: list[Reply] = []
        self._code = ""
        self._lines: list[str] = []
        self._nbytes = 0
        self._nheld = 0

    @property
    def pending(self) -> int:
        """Bytes held back: an unfinished line, an unfinished reply, or a fault not yet raised.

        More than 0 just before TLS begins means that something was injected (CVE-2021-22947).
        """
        return self._nheld + (self._failure is not None)

    @property
    def plausible(self) -> Reply | None:
        """The reply there would be if the last line had ended it, though under another code."""
        if not self._code or self._line_decoder.pending or self._failure is not None:
            return None
        end = _OTHER_END.fullmatch(self._lines[-1])
        return Reply(end[1], (*self._lines[:-1], end[2])) if end else None

    @property
    def code(self) -> str:
        """The code of the reply that has begun, "" where none has."""
        return self._code

    def close_leniently(self) -> Reply | None:
        """Take the plausible reply; None, and nothing changed, where there is none."""
        reply = self.plausible
        if reply is not None:
            self._begin_anew()
            self._nheld = 0
        return reply

    def clear(self) -> None:
        """Forget what is held back."""
        self._line_decoder.clear()
        self._ready.clear()
        self._failure = None
        self._begin_anew()
        self._nheld = 0

    def feed(self, data: _Bytes = b"") -> list[Reply]:
        """Take bytes, return the replies they complete.

        Raises:
            RemoteProtocolError: a line without a code where a reply begins, a code outside of
                100 to 599, or a line or a reply beyond its limit.
        """
        if self._failure is None:
            if not self._nheld:
                data = self._take_whole_replies(data)
            if data or self._nheld:
                self._absorb(data)
        ready, self._ready = self._ready, []
        if not ready and self._failure is not None:
            raise self._failure
        return ready

    def _absorb(self, data: _Bytes) -> None:
        try:
            lines = self._line_decoder.feed(data)
            while lines:
                for line in lines:
                    self._add(line)
                lines = self._line_decoder.feed()
        except RemoteProtocolError as error:
            self._failure = error.with_traceback(None)
        self._nheld = self._line_decoder.pending + self._nbytes

    def _take_whole_replies(self, data: _Bytes) -> _Bytes:
        """Take the replies of one line that data begins with; returns what follows them."""
        start, size = 0, len(data)
        while start < size and (whole := _WHOLE.match(data, start)):
            end = whole.end()
            if end - 2 - start > self._line_decoder.max_line:
                break
            code, text = whole.groups()
            try:
                said = text.decode(self.encoding, "surrogateescape")
            except UnicodeDecodeError:
                break
            self._preamble_lines = 0
            self._ready.append(Reply(code.decode("ascii"), (said,)))
            start = end
        return data[start:] if start < size else b""

    def _add(self, line: bytes) -> None:
        if self._code:
            self._nbytes += len(line)
            self._continue(line)
        elif line.strip():  # empty lines between replies are noise
            self._begin(line)
        if self._nbytes > self._max_bytes or len(self._lines) > self._max_lines:
            limits = f"{self._max_bytes} bytes or {self._max_lines} lines"
            raise RemoteProtocolError(f"a reply {self._code} of more than {limits}")

    def _begin(self, line: bytes) -> None:
        match = _FIRST_LINE.fullmatch(line)
        if match is None and self._preamble_lines and _PREAMBLE.fullmatch(line):
            self._preamble_lines -= 1
            return
        if match is None:
            raise RemoteProtocolError(f"no reply begins like this: {line[:80]!r}")
        self._preamble_lines = 0
        code = match[1].decode("ascii")
        text = decode_text(match[3] or b"", self.encoding)
        if match[2] == b"-":
            self._code, self._lines, self._nbytes = code, [text], len(line)
        else:
            self._ready.append(Reply(code, (text,)))

    def _continue(self, line: bytes) -> None:
        text = decode_text(line, self.encoding)
        mark = text[3:4] if text.startswith(self._code) else "?"
        if mark in ("", " "):  # some last lines are the bare code
            self._ready.append(Reply(self._code, (*self._lines, text[4:])))
            self._begin_anew()
        else:
            self._lines.append(CodedLine(text[4:]) if mark == "-" else text)

    def _begin_anew(self) -> None:
        self._code, self._lines, self._nbytes = "", [], 0


@functools.lru_cache(maxsize=1024)  # asked of each reply, and there are few codes and fewer masks
def _fits(code: str, mask: str) -> bool:
    if len(code) != len(mask):
        return False
    for digit, wanted in zip(code, mask, strict=True):
        if wanted != digit and wanted not in "xX":
            return False
    return True


def _one_line(text: str) -> str:
    if not breaks_lines(text):
        return text
    for breaker in LINE_BREAKERS:
        text = text.replace(breaker, "?")
    return text
