"""FEAT on the client's side (RFC 2389): what the server says it can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from anyftp._protocol._reply import Reply


def parse_features(reply: Reply) -> Mapping[str, str]:
    """Read the features out of a reply 211.

    Returns:
        Their parameters by name in upper case, empty if a feature has none. Of several lines with
        one name (`AUTH TLS`, `AUTH SSL`) the parameters are joined by a semicolon.
    """
    features: dict[str, str] = {}
    for line in reply.lines[1:-1]:
        name, _, parameters = line.strip(" \t").partition(" ")
        if name:
            name = name.upper()
            known = features.get(name)
            features[name] = f"{known};{parameters}" if known else parameters
    return MappingProxyType(features)
