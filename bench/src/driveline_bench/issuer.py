"""Who signs the bench's tokens: a key of this run, and the address where the exchange finds its public half."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet


class Issuer:
    """`with Issuer() as issuer`: serves its keys until the end."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", parameters={"kid": "bench"})
        keys = json.dumps(KeySet([self._key]).as_dict(private=False)).encode()

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def token(self, scope: str) -> str:
        """A bearer token good for an hour."""
        body = {"iss": self.url, "sub": "bench", "exp": int(time.time()) + 3600, "scope": scope}
        return jwt.encode({"alg": "ES256", "kid": "bench"}, body, self._key, algorithms=["ES256"])

    def __enter__(self) -> "Issuer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
