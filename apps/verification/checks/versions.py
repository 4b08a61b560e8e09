"""The header of the version, and the prefix of the first version."""

from __future__ import annotations

from apps.verification.comparing import CheckSkipped
from apps.verification.examined import API, ExaminedServer, path_of
from apps.verification.parity_checks import parity_check


@parity_check("behaviour 0", "API reference, API versions")
def version_header_is_taken(server: ExaminedServer) -> None:
    """A list answers with the version 3.3.x, and with 2.0.x."""
    name = server.list_with_rows()
    for version in ("3.3.x", "2.0.x"):
        answer = server.get(f"{API}{name}/?limit=1", {"X-HexoAPIVersion": version})
        server.notes.compare(answer, "status", 200, answer.status)


@parity_check("wire trap 10", "wire row 20")
def first_prefix_is_echoed(server: ExaminedServer) -> None:
    """/api/v1/ is served, and URIs in its answers begin with it."""
    name = server.list_with_rows(2)
    answer = server.get(f"/api/v1/{name}/?limit=1")
    if not server.notes.compare(answer, "status", 200, answer.status):
        return
    begun = f"/api/v1/{name}/"
    uris = [answer.meta.get("next"), *(each.get("resource_uri") for each in answer.objects)]
    for uri in uris:
        server.notes.require(
            answer, "URI", path_of(uri).startswith(begun), f"a path that begins {begun}", uri
        )


@parity_check("wire trap 13", "wire row 47")
def double_slash_is_tolerated(server: ExaminedServer) -> None:
    """//api/ is the same as /api/."""
    if server.client.place.prefix:
        raise CheckSkipped("the base URL has a path of its own")
    answer = server.get("//api/account/")
    server.notes.compare(answer, "status", 200, answer.status)
    server.notes.compare(answer, "objects", server.rows("account"), answer.objects)
