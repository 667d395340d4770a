"""A playground's server as a process of its own, as `radon-nn playground` starts it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Server:
    """Its address, its token, and its process."""

    def __init__(self, process: subprocess.Popen[str], port: int, token: str) -> None:
        self.process, self.port, self.token = process, port, token

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def socket(self) -> str:
        """What the page opens."""
        return f"ws://127.0.0.1:{self.port}/ws?token={self.token}"

    @property
    def origin(self) -> str:
        """The page's origin."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(*options: str, token: str = "") -> Iterator[Server]:
    """A server, until the block ends; a token can be given, as when a server is started again."""
    patch = f"guards.secrets.token_urlsafe = lambda size: {token!r}; " if token else ""
    code = (
        f"import sys; from radon_nn.app import guards; {patch}from radon_nn.cli.command import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "playground", "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = re.fullmatch(r"playground: http://127\.0\.0\.1:(\d+)/\?token=([\w-]+)\n", line)
            assert address, line + process.stderr.read()
            yield Server(process, int(address[1]), address[2])
        finally:
            process.terminate()
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
