"""`hexostore proxy`."""

import asyncio
import json
import re
from shlex import quote
from typing import Annotated

from django.conf import settings
from django.core.management.base import CommandError
from typer import Option

from apps.sandbox import served
from apps.sandbox.management.base import Json, StoreCommand
from apps.sandbox.management.options import wrong
from hexostore import tls
from hexostore.proxy import HTTP, HTTPS, Address, Proxy, run_proxy
from hexostore.web.listening import ListenError

_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@\s]+):(\d{1,5})")


class Command(StoreCommand):
    help = "Redirect clients that hard-code https://api.hexoskin.com to the local server."
    requires_system_checks: list[str] = []

    def handle(
        self,
        host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[
            int, Option(help="Port to listen on; 0 for any free port.", max=65535)
        ] = 8888,
        to: Annotated[
            str | None,
            Option(help="The https server; by default that of this store.", metavar="HOST:PORT"),
        ] = None,
        http_to: Annotated[
            str | None,
            Option(help="The http server; by default that of this store.", metavar="HOST:PORT"),
        ] = None,
        as_json: Json = False,
    ) -> None:
        at = Address(host, port)
        store = served.find_addresses(settings.HEXOSTORE_HOME)
        ways = {
            HTTPS: _parse_address(to or store.https, "--to"),
            HTTP: _parse_address(http_to or store.http, "--http-to"),
        }
        if at in ways.values():
            raise wrong("--port", "The proxy cannot forward to itself.")
        try:
            asyncio.run(
                run_proxy(Proxy(ways), at, lambda ready: self._announce_proxy(ready, ways, as_json))
            )
        except (ListenError, OSError) as error:
            raise CommandError(str(error)) from error

    def _announce_proxy(self, ready: Address, ways: dict[int, Address], as_json: bool) -> None:
        facts = {
            "proxy": f"http://{ready}",
            "https": str(ways[HTTPS]),
            "http": str(ways[HTTP]),
            "ca": str(tls.certificate_paths(settings.HEXOSTORE_HOME).ca),
        }
        self.stdout.write(json.dumps(facts) if as_json else _facts_as_text(facts))
        self.stdout.flush()


def _parse_address(text: str, option: str) -> Address:
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise wrong(option, f"HOST:PORT is expected, not {text!r}.")
    return Address(found[1].strip("[]"), int(found[2]))


def _facts_as_text(facts: dict[str, str]) -> str:
    ca = quote(facts["ca"])
    lines = [
        "The proxy is ready; Ctrl-C stops it.",
        "",
        f"  https://*.hexoskin.com  {facts['https']}",
        f"  http://*.hexoskin.com   {facts['http']}",
        "",
        "Try:",
        f"  export HTTPS_PROXY={facts['proxy']} http_proxy={facts['proxy']}",
        f"  export CURL_CA_BUNDLE={ca} REQUESTS_CA_BUNDLE={ca}",
        "  curl https://api.hexoskin.com/api/",
    ]
    return "\n".join(lines)
