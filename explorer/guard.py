"""Who may ask: the page that we served, on this machine, with the key of this run; only reading.

A page of another site can send requests to 127.0.0.1, and by a changed name server also read
answers. Each fence here stops one way of doing so; tests/unit/test_explorer_guard.py takes each
away and fails.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOKEN_HEADER = "X-Modelkin-Token"  # noqa: S105 - the name of a header, no secret

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: only what we serve; nothing inline, no frame around it."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Sent with every answer, refusals included."""


def new_token() -> str:
    """Return a key of 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Guard:
    """The fences of one running server.

    Attributes
    ----------
    hosts : frozenset of str
        Values of ``Host`` that mean this server, port included.
    token : str
        The key that every question about data must carry.
    """

    hosts: frozenset[str]
    token: str

    @classmethod
    def at(cls, port: int, token: str) -> Guard:
        """Return the guard of a server on this port of the loopback."""
        return cls(frozenset({f"127.0.0.1:{port}", f"localhost:{port}"}), token)

    def refusal(
        self, method: str, path: str, headers: Mapping[str, Sequence[str]]
    ) -> tuple[int, str] | None:
        """Return status and reason of a refusal, or None when the request may pass.

        Parameters
        ----------
        method, path : str
            As requested.
        headers : mapping of str to sequence of str
            Every value of each header, names in lower case.
        """
        hosts = headers.get("host", ())
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            return 421, "this server is asked as 127.0.0.1 or localhost, with its port"
        if method not in ("GET", "HEAD"):
            return 405, "this server only reads"
        for site in headers.get("sec-fetch-site", ()):
            if site not in ("same-origin", "none"):
                return 403, "only the page that this server gives may ask it"
        if path.startswith("/api/") and not self._has_token(headers):
            return 401, "the key is missing or wrong: open the address that modelkin printed"
        return None

    def _has_token(self, headers: Mapping[str, Sequence[str]]) -> bool:
        """Compare the key in constant time."""
        given = headers.get(TOKEN_HEADER.lower(), ())
        return len(given) == 1 and secrets.compare_digest(
            given[0].encode("utf-8", "surrogatepass"), self.token.encode()
        )
