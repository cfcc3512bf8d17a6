"""A web server for tests, which needs nothing but Python: each path does one thing that a service may do."""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(float(os.environ.get("SLOW_SECONDS", "0.5")))
        elif self.path == "/eat":
            self.server.eaten = bytearray(512 * 2**20)
        elif self.path == "/end":
            os._exit(4)
        self.answer(os.environ.get("ANSWER", "hello").encode(), 404 if self.path.startswith("/missing") else 200)

    def do_POST(self) -> None:
        if self.path == "/hang-up":
            self.answer(b"too long", 413)
            self.connection.close()  # with most of the body unread
            return
        # A body in pieces is read as it comes, until the caller hangs up.
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 2**30))), 200)

    def answer(self, body: bytes, status: int) -> None:
        self.send_response(status)
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Host"):
            self.send_header(f"Seen-{name}", self.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())  # process 1 would ignore it
    print("loading", flush=True)
    ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
