"""Copies of a begun home are stores of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

ANN = ("user", "add", "--email", "ann@example.com", "--password", "a long pass-phrase")


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Live, Live]]:
    """Two copies of one home, served at the same time."""
    homes = throwaway_home(), throwaway_home()
    for home in homes:
        begun_homes.fill_home(home, "empty")
    one, two = Live(homes[0], ("--empty",)), Live(homes[1], ("--empty",))
    yield one.start(), two.start()
    for served in (one, two):
        served.stop()
        remove_home(served.home)


def test_each_was_begun_before(both: tuple[Live, Live]) -> None:
    assert all("Creating" not in served.log() for served in both)
    assert all(served.facts["seed"] == "empty" for served in both)


@pytest.mark.parametrize(
    "name", ["secret-key", "tls/ca.pem", "tls/signer-key.pem", "tls/server-key.pem"]
)
def test_they_share_no_secret(both: tuple[Live, Live], name: str) -> None:
    assert len({(served.home / name).read_bytes() for served in both}) == 2


def test_their_locks_name_their_own_servers(both: tuple[Live, Live]) -> None:
    for served in both:
        assert f"process {served.facts['pid']}" in (served.home / "serve.lock").read_text()


def test_what_is_written_to_one_is_not_in_the_other(both: tuple[Live, Live]) -> None:
    one, two = both
    assert one.run(*ANN).returncode == 0
    login = "ann@example.com", "a long pass-phrase"
    found = [requests.get(f"{it.base}/api/user/", auth=login, timeout=10) for it in (one, two)]
    assert [answer.status_code for answer in found] == [200, 401]


def test_each_is_reached_through_its_own_certificate(both: tuple[Live, Live]) -> None:
    one, two = both
    assert requests.get(f"{one.https}/api/", verify=str(one.ca), timeout=10).ok
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{two.https}/api/", verify=str(one.ca), timeout=10)


def test_nothing_of_the_original_start_is_copied(tmp_path: Path) -> None:
    begun_homes.fill_home(tmp_path, "empty")
    assert {path.name for path in tmp_path.iterdir()} == {"postgres"}
