"""gunicorn's threaded worker, with an end and clients that keep nobody waiting."""

import socket
import struct
import time
from contextlib import suppress

from gunicorn.workers.gthread import TConn, ThreadWorker

SILENCE_SECONDS = 5
PAUSE_SECONDS = 2
FAREWELL_SECONDS = 60


class Worker(ThreadWorker):
    """A worker that refuses new clients while it finishes what it began, and lets go of those that fall silent."""

    def set_accept_enabled(self, enabled: bool) -> None:
        """Close the door when stopping. gunicorn leaves it open, and whoever comes in waits for nothing."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def handle(self, conn: TConn) -> object:
        """Let a client go that falls silent within a request: gunicorn would keep a thread for it for ever."""
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE_SECONDS, 0))
        goes_on = super().handle(conn)
        if goes_on is False:
            # gunicorn's main thread would wait two seconds for each to hang up, and let nobody in meanwhile.
            with suppress(OSError):
                hear_out(conn.sock)
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
        return goes_on


def hear_out(client: socket.socket) -> None:
    """Drop what a client still sends, until it ends, pauses or takes too long: it sees the answer only then."""
    client.shutdown(socket.SHUT_WR)
    client.settimeout(PAUSE_SECONDS)
    end = time.monotonic() + FAREWELL_SECONDS
    while time.monotonic() < end and client.recv(2**16):
        pass
