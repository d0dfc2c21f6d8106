"""A stand-in for a service process: ready at once, ends on SIGTERM, says which instance it is."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    """200 for everything."""

    def do_GET(self) -> None:
        body = json.dumps({"outbox_due": 0, "instance": os.environ["DRIVELINE_INSTANCE"], "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(
    (os.environ["DRIVELINE_HTTP_HOST"], int(os.environ["DRIVELINE_HTTP_PORT"])), Answers
).serve_forever()
