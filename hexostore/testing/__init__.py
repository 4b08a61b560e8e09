"""Hexostore in tests: a server of the run, and a sandbox for each test.

Nothing here imports Django, so it does no harm to the programs that are tested.

    from hexostore.testing import serve

    with serve() as server, server.sandbox() as sandbox:
        client = MyClient(sandbox.base_url, *sandbox.login("athlete"))
"""

from hexostore.testing.control import ControlError
from hexostore.testing.process import StartError, serve
from hexostore.testing.sandbox import HexostoreServer, Sandbox

__all__ = ["ControlError", "HexostoreServer", "Sandbox", "StartError", "serve"]
