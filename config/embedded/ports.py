"""Free ports of this machine's own address."""

from __future__ import annotations

import socket


def free(wish: int = 0) -> int:
    """This port, if nothing listens on it, else any that is free."""
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No port is free on 127.0.0.1.")
