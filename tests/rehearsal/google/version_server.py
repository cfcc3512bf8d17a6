"""A web server for App Engine's tests: it says which version it is, echoes over a WebSocket, and fails on request."""

import base64
import hashlib
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    alive = True

    def do_GET(self) -> None:
        if "Sec-WebSocket-Key" in self.headers:
            return self.echo()
        if self.path == "/break":
            Handler.alive = False
        failed = self.path == "/live" and not Handler.alive or self.path == "/never"
        body = " ".join([os.environ["GAE_SERVICE"], os.environ["GAE_VERSION"], os.environ["GREETING"]]).encode()
        self.send_response(500 if failed else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def echo(self) -> None:
        """Send one short text back (RFC 6455)."""
        key = base64.b64encode(hashlib.sha1(f"{self.headers['Sec-WebSocket-Key']}{GUID}".encode()).digest()).decode()
        self.send_response(101)
        for name, value in {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": key}.items():
            self.send_header(name, value)
        self.end_headers()
        head = self.rfile.read(6)
        mask, masked = head[2:], self.rfile.read(head[1] & 127)
        text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.close_connection = True


if __name__ == "__main__":
    if os.environ.get("CRASH"):
        sys.exit("no model, no service")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())  # process 1 would ignore it
    print("ready to answer", flush=True)
    ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
