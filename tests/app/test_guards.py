"""Hosts, origins, tokens and rates."""

import pytest

from radon_nn.app.guards import Allowance, Guard

GUARD = Guard(frozenset({"hub.example.org"}))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        *[(name, True) for name in ("127.0.0.1", "localhost:8765", "LOCALHOST", "[::1]:80", "hub.example.org")],
        *[(name, False) for name in ("", "example.org", "127.0.0.1.example.org", "localhost@evil", "evil:localhost")],
        *[
            (name, False)
            for name in ("localhost/..", "localhost:99999", "localhost:0", "[::1", "10.0.0.1", "127.0.0.2")
        ],
    ],
)
def test_hosts(host: str, known: bool) -> None:
    assert GUARD.knows_host(host) is known


@pytest.mark.parametrize(
    ("origin", "host", "known"),
    [
        ("http://127.0.0.1:8765", "127.0.0.1:8765", True),
        ("http://localhost:80", "localhost:81", False),
        ("http://localhost:8765", "127.0.0.1:8765", False),
        ("https://hub.example.org", "127.0.0.1:8765", True),
        ("https://example.org", "example.org", False),
        ("null", "127.0.0.1:8765", False),
        ("", "", False),
        ("file://", "", False),
    ],
)
def test_origins(origin: str, host: str, known: bool) -> None:
    assert GUARD.knows_origin(origin, host) is known


def test_tokens_differ_and_are_not_printed() -> None:
    assert GUARD.knows_token(GUARD.token)
    for other in ("", "é", "\ud800", GUARD.token[:-1], Guard().token):
        assert not GUARD.knows_token(other)
    assert GUARD.token not in repr(GUARD)


def test_an_allowance_runs_out_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("radon_nn.app.guards.time.monotonic", lambda: now[0])
    allowance = Allowance(10.0, 20.0)
    assert [allowance.take() for _ in range(20)] == [0.0] * 20
    assert allowance.take() == pytest.approx(0.1)
    now[0] = 60.0
    assert [allowance.take() for _ in range(20)] == [0.0] * 20
