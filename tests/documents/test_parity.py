"""What stands in the published schema is here, equal, or missing for a reason."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.documents import parity
from tests.live import Live


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of `hexostore contract`."""
    out = StringIO()
    try:
        call_command("contract", *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def changed(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    """Publishes another document of a resource."""
    published = {
        **parity.published_schemas(),
        name: {**parity.published_schemas()[name], **members},
    }
    monkeypatch.setattr(parity, "published_schemas", lambda: published)


def test_every_resource_here_is_the_published_one() -> None:
    different = [each for each in parity.report_parity() if each.state == "different"]
    assert not different
    assert sum(each.state == "equal" for each in parity.report_parity()) > 50


def test_every_missing_resource_has_a_reason() -> None:
    missing = [each for each in parity.report_parity() if each.state == "missing"]
    assert not [each.name for each in missing if each.reason == parity.MISSING_WITHOUT_REASON]


def test_no_reason_outlives_what_it_excuses() -> None:
    assert not parity.reasons_missing().keys() & parity.all_resources().keys()


def test_nothing_is_left_out_of_the_comparison() -> None:
    compared = parity.schema_document(parity.all_resources()["range"], parity.PUBLISHED_VERSION)
    assert compared == parity.published_schemas()["range"]
    assert all(parity.NOT_COMPARED not in each for each in compared["fields"].values())


def test_the_newest_version_adds() -> None:
    found = parity.parity_of("user")
    assert found.state == "equal"
    assert found.added == {
        "fields": ["devices", "stats"],
        "filters": ["profile"],
        "ordering": ["profile"],
    }


def test_what_only_newer_documents_name() -> None:
    assert parity.parity_of("rrinterval").state == "newer"


def test_differences_are_told_and_end_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {**parity.published_schemas()["unit"]["fields"], "symbol": {"type": "string"}}
    changed(monkeypatch, "unit", fields=fields, allowed_list_http_methods=["get", "post"])
    status, text = run("--resource", "unit")
    assert status == 1
    assert 'allowed_list_http_methods: ["get"] here, ["get", "post"] published' in text
    assert 'fields.symbol: nothing here, {"type": "string"} published' in text
    assert run("--resource", "label")[0] == 0
    assert run()[0] == 1


def test_the_report_for_people() -> None:
    status, text = run()
    assert status == 0
    assert "\nMissing: " in text
    assert f" of {len(parity.published_schemas())} published resources are equal." in text


def test_the_report_for_programs() -> None:
    (found,) = json.loads(run("--json", "--resource", "studytemplate")[1])
    reason = "the template_id of a study names a template"
    assert (found["state"], found["reason"]) == ("missing", reason)
    assert len(json.loads(run("--json")[1])) == len(parity.report_parity())


def test_an_unknown_resource() -> None:
    with pytest.raises(CommandError, match="There is no resource 'horse'"):
        run("--resource", "horse")


def test_it_needs_no_database(home: Path) -> None:
    done = Live(home, environment={"HEXOSTORE_LOG_LEVEL": "WARNING"}).run("contract")
    assert (done.returncode, done.stderr) == (0, "")
    assert "equal" in done.stdout
    assert "postgres" not in {each.name for each in home.iterdir()}
