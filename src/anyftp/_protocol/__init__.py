"""FTP without input and output: what the bytes mean, and what may follow what.

Standard library only. No socket, no file, no clock: time is passed in as `now`.
"""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily

if TYPE_CHECKING:
    from anyftp._protocol._addresses import UnknownNetworkProtocol as UnknownNetworkProtocol
    from anyftp._protocol._addresses import format_eprt as format_eprt
    from anyftp._protocol._addresses import format_epsv as format_epsv
    from anyftp._protocol._addresses import format_pasv as format_pasv
    from anyftp._protocol._addresses import format_port as format_port
    from anyftp._protocol._addresses import network_of as network_of
    from anyftp._protocol._addresses import parse_eprt as parse_eprt
    from anyftp._protocol._addresses import parse_port as parse_port
    from anyftp._protocol._addresses import plain_host as plain_host
    from anyftp._protocol._dialects import Dialect as Dialect
    from anyftp._protocol._dialects import ListReader as ListReader
    from anyftp._protocol._dialects import parse_list_line as parse_list_line
    from anyftp._protocol._dialogue import OF_QUESTIONS as OF_QUESTIONS
    from anyftp._protocol._dialogue import Meaning as Meaning
    from anyftp._protocol._dialogue import ReplyLedger as ReplyLedger
    from anyftp._protocol._dialogue import confirmation_among as confirmation_among
    from anyftp._protocol._dialogue import encode_command as encode_command
    from anyftp._protocol._dialogue import found_nothing_to_abort as found_nothing_to_abort
    from anyftp._protocol._entry import Entry as Entry
    from anyftp._protocol._entry import EntryType as EntryType
    from anyftp._protocol._entry import KnownEntry as KnownEntry
    from anyftp._protocol._entry import ListParser as ListParser
    from anyftp._protocol._entry import Outline as Outline
    from anyftp._protocol._entry import outlines as outlines
    from anyftp._protocol._facts import format_mlsx as format_mlsx
    from anyftp._protocol._facts import parse_mlsx_line as parse_mlsx_line
    from anyftp._protocol._features import parse_features as parse_features
    from anyftp._protocol._habits import HABIT_RULES as HABIT_RULES
    from anyftp._protocol._habits import HabitRule as HabitRule
    from anyftp._protocol._habits import Habits as Habits
    from anyftp._protocol._habits import habits_of as habits_of
    from anyftp._protocol._hashes import CHECKSUM_VERBS as CHECKSUM_VERBS
    from anyftp._protocol._hashes import HASH_DIGITS as HASH_DIGITS
    from anyftp._protocol._hashes import FileHash as FileHash
    from anyftp._protocol._hashes import HashFeature as HashFeature
    from anyftp._protocol._hashes import format_hash as format_hash
    from anyftp._protocol._hashes import hash_name as hash_name
    from anyftp._protocol._hashes import parse_checksum as parse_checksum
    from anyftp._protocol._hashes import parse_checksum_argument as parse_checksum_argument
    from anyftp._protocol._hashes import parse_hash as parse_hash
    from anyftp._protocol._hashes import parse_hash_option as parse_hash_option
    from anyftp._protocol._host_name import parse_host as parse_host
    from anyftp._protocol._lines import LineDecoder as LineDecoder
    from anyftp._protocol._listing import ListingDecoder as ListingDecoder
    from anyftp._protocol._listing import encode_listing as encode_listing
    from anyftp._protocol._listing import portions as portions
    from anyftp._protocol._listing_dos import parse_dos_line as parse_dos_line
    from anyftp._protocol._listing_eplf import parse_eplf_line as parse_eplf_line
    from anyftp._protocol._listing_nonstop import parse_nonstop_line as parse_nonstop_line
    from anyftp._protocol._listing_os400 import parse_os400_line as parse_os400_line
    from anyftp._protocol._listing_unix import parse_unix_line as parse_unix_line
    from anyftp._protocol._listing_vms import parse_vms_line as parse_vms_line
    from anyftp._protocol._listing_zos import parse_zos_line as parse_zos_line
    from anyftp._protocol._mlsx_format import MlsxFormat as MlsxFormat
    from anyftp._protocol._networks import NetworkMap as NetworkMap
    from anyftp._protocol._networks import Networks as Networks
    from anyftp._protocol._parts import ByteRange as ByteRange
    from anyftp._protocol._parts import TransferMode as TransferMode
    from anyftp._protocol._parts import format_range as format_range
    from anyftp._protocol._parts import parse_deflate_level as parse_deflate_level
    from anyftp._protocol._parts import parse_mode as parse_mode
    from anyftp._protocol._parts import parse_range as parse_range
    from anyftp._protocol._paths import check_name as check_name
    from anyftp._protocol._paths import collisions as collisions
    from anyftp._protocol._paths import fold_name as fold_name
    from anyftp._protocol._paths import join_remote as join_remote
    from anyftp._protocol._paths import parse_257 as parse_257
    from anyftp._protocol._paths import quote_257 as quote_257
    from anyftp._protocol._patterns import PathPattern as PathPattern
    from anyftp._protocol._patterns import Places as Places
    from anyftp._protocol._patterns import fold_pattern as fold_pattern
    from anyftp._protocol._permission import Permission as Permission
    from anyftp._protocol._proxy_header import ProxyHeader as ProxyHeader
    from anyftp._protocol._proxy_header import parse_proxy_header as parse_proxy_header
    from anyftp._protocol._proxy_header import proxy_bytes_wanted as proxy_bytes_wanted
    from anyftp._protocol._refusals import reply_error as reply_error
    from anyftp._protocol._reply import CodedLine as CodedLine
    from anyftp._protocol._reply import Reply as Reply
    from anyftp._protocol._reply import ReplyDecoder as ReplyDecoder
    from anyftp._protocol._state import Phase as Phase
    from anyftp._protocol._state import SessionState as SessionState
    from anyftp._protocol._state import TransferType as TransferType
    from anyftp._protocol._state import parse_offset as parse_offset
    from anyftp._protocol._state import parse_type as parse_type
    from anyftp._protocol._text import Command as Command
    from anyftp._protocol._text import decode_command as decode_command
    from anyftp._protocol._text import visible as visible
    from anyftp._protocol._times import format_epoch as format_epoch
    from anyftp._protocol._times import format_time as format_time
    from anyftp._protocol._times import parse_time as parse_time
    from anyftp._protocol._times import parse_told_time as parse_told_time
    from anyftp._protocol._unix_format import format_unix_line as format_unix_line
    from anyftp._protocol._unix_format import format_unix_lines as format_unix_lines
    from anyftp._protocol._values import parse_announced_size as parse_announced_size
    from anyftp._protocol._values import parse_epsv as parse_epsv
    from anyftp._protocol._values import parse_least_size as parse_least_size
    from anyftp._protocol._values import parse_listed_lines as parse_listed_lines
    from anyftp._protocol._values import parse_moved_size as parse_moved_size
    from anyftp._protocol._values import parse_pasv as parse_pasv
    from anyftp._protocol._values import parse_size as parse_size
    from anyftp._protocol._values import parse_unique_name as parse_unique_name
    from anyftp._protocol._verbs import OPTIONAL_VERBS as OPTIONAL_VERBS
    from anyftp._protocol._verbs import SITE_VERBS as SITE_VERBS
    from anyftp._protocol._verbs import VERBS as VERBS
    from anyftp._protocol._verbs import Argument as Argument
    from anyftp._protocol._verbs import Verb as Verb
    from anyftp._protocol._verbs import feature_lines as feature_lines
    from anyftp._protocol._verbs import verb_table as verb_table
    from anyftp._protocol._words import parse_words as parse_words

#: Which module has which name; each is imported when somebody asks for it.
_HOMES = {
    "anyftp._protocol._addresses": (
        "UnknownNetworkProtocol",
        "format_eprt",
        "format_epsv",
        "format_pasv",
        "format_port",
        "network_of",
        "parse_eprt",
        "parse_port",
        "plain_host",
    ),
    "anyftp._protocol._dialects": (
        "Dialect",
        "ListReader",
        "parse_list_line",
    ),
    "anyftp._protocol._entry": (
        "ListParser",
        "Entry",
        "EntryType",
        "KnownEntry",
        "Outline",
        "outlines",
    ),
    "anyftp._protocol._facts": (
        "format_mlsx",
        "parse_mlsx_line",
    ),
    "anyftp._protocol._features": ("parse_features",),
    "anyftp._protocol._habits": (
        "HABIT_RULES",
        "HabitRule",
        "Habits",
        "habits_of",
    ),
    "anyftp._protocol._hashes": (
        "CHECKSUM_VERBS",
        "HASH_DIGITS",
        "FileHash",
        "HashFeature",
        "format_hash",
        "hash_name",
        "parse_checksum",
        "parse_checksum_argument",
        "parse_hash",
        "parse_hash_option",
    ),
    "anyftp._protocol._host_name": ("parse_host",),
    "anyftp._protocol._lines": ("LineDecoder",),
    "anyftp._protocol._listing": (
        "ListingDecoder",
        "encode_listing",
        "portions",
    ),
    "anyftp._protocol._listing_dos": ("parse_dos_line",),
    "anyftp._protocol._listing_eplf": ("parse_eplf_line",),
    "anyftp._protocol._listing_nonstop": ("parse_nonstop_line",),
    "anyftp._protocol._listing_os400": ("parse_os400_line",),
    "anyftp._protocol._listing_unix": ("parse_unix_line",),
    "anyftp._protocol._listing_vms": ("parse_vms_line",),
    "anyftp._protocol._listing_zos": ("parse_zos_line",),
    "anyftp._protocol._mlsx_format": ("MlsxFormat",),
    "anyftp._protocol._networks": (
        "NetworkMap",
        "Networks",
    ),
    "anyftp._protocol._parts": (
        "ByteRange",
        "TransferMode",
        "format_range",
        "parse_deflate_level",
        "parse_mode",
        "parse_range",
    ),
    "anyftp._protocol._paths": (
        "check_name",
        "collisions",
        "fold_name",
        "join_remote",
        "parse_257",
        "quote_257",
    ),
    "anyftp._protocol._patterns": (
        "PathPattern",
        "Places",
        "fold_pattern",
    ),
    "anyftp._protocol._permission": ("Permission",),
    "anyftp._protocol._proxy_header": (
        "ProxyHeader",
        "parse_proxy_header",
        "proxy_bytes_wanted",
    ),
    "anyftp._protocol._refusals": ("reply_error",),
    "anyftp._protocol._reply": (
        "CodedLine",
        "Reply",
        "ReplyDecoder",
    ),
    "anyftp._protocol._dialogue": (
        "encode_command",
        "OF_QUESTIONS",
        "Meaning",
        "ReplyLedger",
        "confirmation_among",
        "found_nothing_to_abort",
    ),
    "anyftp._protocol._state": (
        "Phase",
        "SessionState",
        "TransferType",
        "parse_offset",
        "parse_type",
    ),
    "anyftp._protocol._text": (
        "Command",
        "decode_command",
        "visible",
    ),
    "anyftp._protocol._times": (
        "format_epoch",
        "format_time",
        "parse_time",
        "parse_told_time",
    ),
    "anyftp._protocol._unix_format": ("format_unix_line", "format_unix_lines"),
    "anyftp._protocol._values": (
        "parse_announced_size",
        "parse_epsv",
        "parse_least_size",
        "parse_listed_lines",
        "parse_moved_size",
        "parse_pasv",
        "parse_size",
        "parse_unique_name",
    ),
    "anyftp._protocol._verbs": (
        "OPTIONAL_VERBS",
        "SITE_VERBS",
        "VERBS",
        "Argument",
        "Verb",
        "feature_lines",
        "verb_table",
    ),
    "anyftp._protocol._words": ("parse_words",),
}

__all__ = [
    "CHECKSUM_VERBS",
    "HABIT_RULES",
    "HASH_DIGITS",
    "OF_QUESTIONS",
    "OPTIONAL_VERBS",
    "SITE_VERBS",
    "VERBS",
    "Argument",
    "ByteRange",
    "CodedLine",
    "Command",
    "Dialect",
    "Entry",
    "EntryType",
    "FileHash",
    "HabitRule",
    "Habits",
    "HashFeature",
    "KnownEntry",
    "LineDecoder",
    "ListParser",
    "ListReader",
    "ListingDecoder",
    "Meaning",
    "MlsxFormat",
    "NetworkMap",
    "Networks",
    "Outline",
    "PathPattern",
    "Permission",
    "Phase",
    "Places",
    "ProxyHeader",
    "Reply",
    "ReplyDecoder",
    "ReplyLedger",
    "SessionState",
    "TransferMode",
    "TransferType",
    "UnknownNetworkProtocol",
    "Verb",
    "check_name",
    "collisions",
    "confirmation_among",
    "decode_command",
    "encode_command",
    "encode_listing",
    "feature_lines",
    "fold_name",
    "fold_pattern",
    "format_epoch",
    "format_eprt",
    "format_epsv",
    "format_hash",
    "format_mlsx",
    "format_pasv",
    "format_port",
    "format_range",
    "format_time",
    "format_unix_line",
    "format_unix_lines",
    "found_nothing_to_abort",
    "habits_of",
    "hash_name",
    "join_remote",
    "network_of",
    "outlines",
    "parse_257",
    "parse_announced_size",
    "parse_checksum",
    "parse_checksum_argument",
    "parse_deflate_level",
    "parse_dos_line",
    "parse_eplf_line",
    "parse_eprt",
    "parse_epsv",
    "parse_features",
    "parse_hash",
    "parse_hash_option",
    "parse_host",
    "parse_least_size",
    "parse_list_line",
    "parse_listed_lines",
    "parse_mlsx_line",
    "parse_mode",
    "parse_moved_size",
    "parse_nonstop_line",
    "parse_offset",
    "parse_os400_line",
    "parse_pasv",
    "parse_port",
    "parse_proxy_header",
    "parse_range",
    "parse_size",
    "parse_time",
    "parse_told_time",
    "parse_type",
    "parse_unique_name",
    "parse_unix_line",
    "parse_vms_line",
    "parse_words",
    "parse_zos_line",
    "plain_host",
    "portions",
    "proxy_bytes_wanted",
    "quote_257",
    "reply_error",
    "verb_table",
    "visible",
]

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)
