"""Start the playground's server on a port of this machine."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing

from radon_nn.app.guards import Guard
from radon_nn.app.messages import MOST_BYTES
from radon_nn.app.server import Playground
from radon_nn.app.session import Session
from radon_nn.app.slices import SlicedNetwork

_MOST_CONNECTIONS = 128
"""Beyond them uvicorn answers 503: 32 windows, and their pages being loaded."""
_MOST_HEADERS = 16_384
"""Bytes of a request's head; browsers send below 4 kB, proxies with large cookies up to 8."""
_GRACE = 1
"""Seconds for open windows when the server ends; they open again by themselves."""


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    hosts: frozenset[str] = frozenset(),
    root_path: str = "",
    opened: SlicedNetwork | None = None,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """
    Serve the playground until Ctrl-C.

    Parameters
    ----------
    host : str
        The address to listen at; 127.0.0.1 is reached from this machine only.
    port : int
        The port; 0 takes one that is free.
    hosts : frozenset of str
        Names of the host by which browsers may call the server, beside those of the loopback.
    root_path : str
        A proxy's prefix.
    opened : SlicedNetwork, optional
        A network to look at.
    browser : bool
        Whether to open a browser.
    say : callable
        Told the address.

    Raises
    ------
    ImportError
        If uvicorn is not installed.
    OSError
        If the port cannot be had.

    See Also
    --------
    radon_nn.app.widget.Playground : The same in a notebook.
    radon_nn.app.export.export : A smaller page, which needs no server.

    Examples
    --------
    >>> serve(browser=False)  # doctest: +SKIP
    playground: http://127.0.0.1:40123/?token=...
    Ctrl-C ends it.
    """
    import uvicorn

    guard = Guard(hosts)
    with closing(_listening(host, port)) as listener:
        config = uvicorn.Config(
            Playground(guard, opened, root_path),
            # The forwarded headers of a proxy are not believed; Host and Origin are checked instead.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            lifespan="off",
            log_level="warning",
            ws="websockets-sansio",
            ws_max_size=MOST_BYTES,
            limit_concurrency=_MOST_CONNECTIONS,
            h11_max_incomplete_event_size=_MOST_HEADERS,
            timeout_graceful_shutdown=_GRACE,
        )
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}/?token={guard.token}"
        say(f"playground: {address}\nCtrl-C ends it.")
        threading.Thread(target=warm, daemon=True).start()
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            say("playground: ended")


def warm() -> None:
    """Compile, or load, what the first answers need, while the browser opens."""
    session = Session()
    session.answer('{"type":"fit","id":0,"data":[[0,0,1],[0.5,0,0],[0,0.5,0],[0.5,0.5,0],[-0.5,0.2,0]],"decay":0.01}')
    drawn = '{"neurons":[[0,0,1]],"activation":"relu","steepness":1,"skip":[0,0],"constant":0}'
    session.answer('{"type":"background","id":0,"kind":"filtered","drawn":' + drawn + "}")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A server that was ended a moment ago leaves its port in a state that only this option takes over.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Browsers may come from now on: what they ask waits until the server runs.
        listener.listen(_MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(f"--port {port}: expected a port of {host} that is free, got {error}; choose another") from error
    return listener
