"""Who may speak to the server: names of the host, origins of pages, the token, and how often."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Any port of these: an ssh tunnel may end at another one."""


@dataclass(frozen=True)
class Guard:
    """
    What a request must show.

    Parameters
    ----------
    hosts : frozenset of str
        Names, beside those of the loopback, by which the server may be called: against pages elsewhere whose name is
        made to point to this machine.
    token : str
        A secret in the page's URL.
    """

    hosts: frozenset[str] = frozenset()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def knows_host(self, header: str) -> bool:
        """
        Whether a Host header names this server.

        Parameters
        ----------
        header : str
            'name' or 'name:port'.

        Returns
        -------
        bool
            False for anything else.
        """
        return _name(f"//{header}") in LOOPBACK | self.hosts

    def knows_origin(self, origin: str, host: str) -> bool:
        """
        Whether an Origin header is that of our own page.

        Parameters
        ----------
        origin : str
            Scheme, name and port of the page that opens a websocket.
        host : str
            The Host header of the same request.

        Returns
        -------
        bool
            True if the two agree, port included, or a proxy that was named changed the second.
        """
        if not origin.startswith(("http://", "https://")):
            return False
        name = _name(origin)
        return name in self.hosts or (name in LOOPBACK and urlsplit(origin).netloc == host)

    def knows_token(self, given: str) -> bool:
        """
        Whether a token is the right one, in time that does not tell how much of it is.

        Parameters
        ----------
        given : str
            The token.

        Returns
        -------
        bool
            Whether it is.
        """
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


def _name(url: str) -> str | None:
    """The name of the host in a URL; None if it has none, or a user's name, or no port where one should be."""
    try:
        parts = urlsplit(url)
        # The port is checked when it is asked for.
        return None if "@" in parts.netloc or parts.path or parts.port == 0 else parts.hostname
    except ValueError:
        return None


class Allowance:
    """
    How many requests a page may send: so many a second, and as many at once.

    Parameters
    ----------
    rate : float
        Requests per second in the long run.
    burst : float
        Requests at once.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._left, self._last = rate, burst, burst, time.monotonic()

    def take(self) -> float:
        """
        Take one request.

        Returns
        -------
        float
            Seconds to wait before it is served; 0 while the allowance lasts.
        """
        now = time.monotonic()
        self._left = min(self._burst, self._left + self._rate * (now - self._last)) - 1
        self._last = now
        return max(0.0, -self._left / self._rate)
