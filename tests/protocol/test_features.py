from __future__ import annotations

from anyftp._protocol import Reply, ReplyDecoder, feature_lines, parse_features


def test_features() -> None:
    lines = (" AUTH TLS", "AUTH SSL", " rest stream", "\tUTF8", " MLST a*;b;", "", "SIZE ", " PBSZ")
    reply = Reply("211", ("Extensions supported:", *lines, "End"))
    assert parse_features(reply) == {
        "AUTH": "TLS;SSL",
        "REST": "stream",
        "UTF8": "",
        "MLST": "a*;b;",
        "SIZE": "",
        "PBSZ": "",
    }


def test_none() -> None:
    assert parse_features(Reply("211", ("no features",))) == {}
    assert parse_features(Reply("211", ("Features:", "End"))) == {}


def test_our_own() -> None:
    reply = Reply("211", ("Features:", *feature_lines(tls=True, mlst="MLST type*;"), "End"))
    (received,) = ReplyDecoder().feed(reply.encode())
    features = parse_features(received)
    assert features["AUTH"] == "TLS"
    assert features["MLST"] == "type*;"
    assert features["REST"] == "STREAM"
