"""The explorer's pages, as somebody without scripts reads them."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from typing import Any

import numpy as np
import pytest
from django.test import Client

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.console.explore.channels import find_channels
from apps.console.templatetags.explore import duration, significant
from apps.enrolment.models import Study, StudySubject
from apps.records.models import Annotation, Label, Range, Record
from apps.signals.storage import store
from apps.simulation import profiles, recording
from apps.simulation.models import Truth
from apps.simulation.simulator import Simulation
from hexostore.database.heard import hear_statements
from tests.catalogue import load_catalogue
from tests.signals.conftest import HR, START, client_of, new_record

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert('x')</script>"
PANELS = "selection", "truth", "track", "metrics"


@pytest.fixture
def walk(athlete: User) -> Record:
    """Two simulated minutes with a track."""
    load_catalogue()
    simulation = Simulation(profiles.read_profile("walk"), 7, START, 120)
    made = recording.store_record(athlete, simulation)
    made.refresh_from_db()
    return made


def truth_of(record: Record) -> dict[str, Any]:
    document: dict[str, Any] | None = Truth.objects.get(record=record).document
    assert document is not None
    return document


def paths_of(record: Record) -> list[str]:
    base = f"/explore/record/{record.pk}/"
    return [base, f"{base}summary/", *(f"{base}{name}" for name in PANELS)]


def read(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html", **headers})
    assert answer.status_code == 200, path
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    return answer.content.decode()


def test_what_panels_are_fetched_by_is_there_before_they_ask(client: Client, walk: Record) -> None:
    """Scripts that are deferred run in the order of the page; an observer may ask at once."""
    text = read(client, f"/explore/record/{walk.pk}/")
    scripts = re.findall(r'<script [^>]*src="/console/files/([^"]+)"', text)
    assert scripts.index("htmx-2.min.js") < scripts.index("explorer-selection.js")


def test_people_lead_to_records(client: Client, record: Record) -> None:
    people = read(client, "/explore/")
    assert f'href="/explore/people/{record.user_id}/"' in people
    assert f'href="/explore/record/{record.pk}/"' in people
    person = read(client, f"/explore/people/{record.user_id}/")
    assert f'href="/explore/record/{record.pk}/"' in person
    assert "0:00:10" in person
    assert 'class="sparkline"' in person


@pytest.mark.parametrize("start", [2**55, -(2**55)])
def test_a_record_of_no_calendar_hides_nothing(client: Client, record: Record, start: int) -> None:
    far = Record.objects.create(user_id=record.user_id, start=start, end=start + 256)
    for path in ("/explore/", f"/explore/people/{record.user_id}/"):
        page = read(client, path)
        assert "none yet" not in page
        assert f'href="/explore/record/{record.pk}/"' in page
        assert f"tick {start}" in page
    for path in paths_of(far):
        read(client, path)


def test_people_are_found_by_the_beginning_of_their_name(
    client: Client, record: Record, outsider: User
) -> None:
    found = read(client, "/explore/?q=outs")
    assert outsider.username in found
    assert record.user.username not in found
    assert "Nobody's name begins with “zz”" in read(client, "/explore/?q=zz").replace("&#x27;", "'")


def test_the_form_knows_people_and_profiles(client: Client, outsider: User) -> None:
    page = read(client, "/explore/simulate/?user=outsider%40example.com&profile=night")
    assert f'value="{outsider.username}" required' in page
    for name in profiles.profile_names():
        assert f'name="profile" value="{name}"' in page
    assert re.findall(r'value="(\w+)" data-minutes="\d+" checked', page) == ["night"]
    assert 'data-url="/_sandbox/sandboxes/main/simulate"' in page


def test_pages_go_on(client: Client, athlete: User) -> None:
    for number in range(60):
        new_record(athlete, start=START + number * 256)
        User.objects.create(username=f"p{number:02}@example.com")
    person = f"/explore/people/{athlete.pk}/"
    first = read(client, person)
    assert first.count("/explore/record/") == 50
    where = first.partition('<a href="?before=')[2].partition('"')[0]
    second = read(client, f"{person}?before={where}")
    assert second.count("/explore/record/") == 10
    people = read(client, "/explore/")
    after = people.partition("after=")[2].partition('"')[0]
    assert read(client, f"/explore/?after={after}").count("@example.com</a>") == 11


def test_nothing_is_said_with_what_would_make_it_appear(client: Client, outsider: User) -> None:
    person = read(client, f"/explore/people/{outsider.pk}/")
    assert "No records yet. Make one" in person
    assert "/explore/simulate/?user=outsider%40example.com" in person
    empty = new_record(outsider, id=60)
    assert "Nothing was recorded yet" in read(client, f"/explore/record/{empty.pk}/")
    base = f"/explore/record/{empty.pk}/"
    assert "Nothing is known of what really happened" in read(client, f"{base}truth")
    assert "Nobody wore a GPS" in read(client, f"{base}track")
    assert "No metric says anything" in read(client, f"{base}metrics")


def test_times_are_those_of_the_study_of_a_person(client: Client, record: Record) -> None:
    assert ", UTC" in read(client, f"/explore/record/{record.pk}/")
    study = Study.objects.create(
        owner=record.user, name="Sleep", uuid="SLEEP1", timezone="America/Montreal"
    )
    StudySubject.objects.create(
        study=study, user=record.user, subject_id="s1", start_date="2014-01-01"
    )
    assert ", America/Montreal" in read(client, f"/explore/record/{record.pk}/")


def test_every_name_is_escaped(client: Client, record: Record) -> None:
    person = record.user
    person.first_name = person.username = person.email = HOSTILE
    person.save()
    Range.objects.create(user=person, start=START, end=START + 99, name=HOSTILE)
    Label.objects.create(user=person, name=HOSTILE)
    Annotation.objects.create(user=person, start=START + 5, annotation=HOSTILE, datatype_id=4098)
    Datatype.objects.filter(pk=HR).update(name=HOSTILE, info=HOSTILE, unit=HOSTILE)
    for path in ["/explore/", f"/explore/people/{person.pk}/", *paths_of(record)]:
        page = read(client, path)
        assert "<script>alert" not in page, path
    assert "\\u003Cscript\\u003Ealert" in read(client, f"/explore/record/{record.pk}/")


def test_panels_are_pages_and_parts_of_one(client: Client, walk: Record) -> None:
    for path in paths_of(walk)[1:]:
        assert "<h1>" in read(client, path), path
        assert "<html" not in read(client, path, **{"HX-Request": "true"}), path


def test_truth_counts_what_was_missed(client: Client, walk: Record) -> None:
    page = read(client, f"/explore/record/{walk.pk}/truth")
    true = len(truth_of(walk)["beats"]["ticks"])
    assert f'<th scope="row">Beats</th><td class="number">{true}</td>' in page


def lane_of_truth(client: Client, record: Record) -> Any:
    page = read(client, f"/explore/record/{record.pk}/")
    facts = re.search(r'<script id="record-facts"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert facts is not None
    lanes = {each["title"]: each["items"] for each in json.loads(facts[1])["lanes"]}
    return lanes.get("Truth")


def test_pauses_of_breath_have_a_lane(client: Client, athlete: User) -> None:
    load_catalogue()
    night = Simulation(profiles.read_profile("sleep_apnea"), 7, START, 1800)
    record = recording.store_record(athlete, night)
    pauses = truth_of(record)["apnoeas"]
    assert len(pauses) > 5
    expected = [[each["start"] / 256, each["stop"] / 256, each["kind"]] for each in pauses]
    assert lane_of_truth(client, record) == expected
    Truth.objects.update(document=None)
    assert lane_of_truth(client, record) is None


def test_thresholds_have_a_lane(client: Client, athlete: User) -> None:
    load_catalogue()
    ramp = Simulation(profiles.read_profile("exercise_test"), 7, START, 600)
    record = recording.store_record(athlete, ramp)
    reached = truth_of(record)["exercise"]
    vt1, vt2, peak = (reached[name]["tick"] / 256 for name in ("vt1", "vt2", "peak"))
    expected = [[vt1, vt2, "above VT1"], [vt2, peak, "above VT2"]]
    assert lane_of_truth(client, record) == expected


def test_a_walk_has_no_lane_of_truth(client: Client, walk: Record) -> None:
    assert lane_of_truth(client, walk) is None


def test_lead_three_is_drawn_around_nothing(client: Client, athlete: User) -> None:
    load_catalogue()
    shift = Simulation(profiles.read_profile("astronaut"), 7, START, 60)
    record = recording.store_record(athlete, shift)
    leads = {each.name: each for each in find_channels(record.pk, [4113, 4115])}
    assert leads["ECG_III"].value_of(0) == 0
    assert leads["ECG_I"].value_of(1360) == pytest.approx(0)


def test_a_missed_beat_is_named_with_a_link(client: Client, walk: Record) -> None:
    datatypes = Datatype.objects.in_bulk([17])
    ticks = np.array(truth_of(walk)["beats"]["ticks"])
    kept = np.delete(ticks, 20)
    store.write_events(walk, datatypes[17], kept, np.zeros(len(kept), np.int64))
    page = read(client, f"/explore/record/{walk.pk}/truth")
    second = ticks[20] / 256
    assert f"/explore/record/{walk.pk}/#{second - 5:.2f}-{second + 5:.2f}" in page


def test_the_selection_is_cut_and_requests_give_exactly_it(client: Client, walk: Record) -> None:
    page = read(client, f"/explore/record/{walk.pk}/selection?from=2560&to=20480&channel=19")
    path = f"/api/data/?record={walk.pk}&datatype=19&start={START + 2560}&end={START + 20480}"
    assert page.count(path.replace("&", "&amp;")) == 5
    assert "70 values of Heart rate" in page
    assert "RMSSD" in page
    csv = f"/api/data/?record={walk.pk}&start={START + 2560}&end={START + 20480}&format=csv"
    assert csv.replace("&", "&amp;") in page


def test_a_login_runs_nothing_in_a_shell(client: Client, record: Record) -> None:
    login = "'|touch${IFS}found|'@example.com"
    User.objects.filter(pk=record.user_id).update(username=login, email=login)
    page = read(client, f"/explore/record/{record.pk}/selection")
    command = unescape(page.partition('id="request-curl">')[2].partition("</code>")[0])
    words = command.replace("curl", "printf '%s\\n'", 1)
    told = subprocess.run(["/bin/sh", "-c", words], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[:3] == ["-s", "-u", f"{login}:PASSWORD"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("csv", "text/csv"), ("edf", "application/x-edf"), ("zip", "application/octet-stream"),
     ("json", "application/json")],
)  # fmt: skip
def test_downloads_are_what_their_owner_may_take(
    client: Client, walk: Record, name: str, media_type: str
) -> None:
    page = read(client, f"/explore/record/{walk.pk}/selection?from=2560&to=20480")
    paths = [unescape(path) for path in re.findall(r'href="(/api/data/[^"]+)"', page)]
    (path,) = (path for path in paths if path.endswith(f"format={name}"))
    answer = client_of(walk.user).get(path)
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, media_type)
    assert b"".join(answer) if answer.streaming else answer.content


def test_wrong_arguments_are_said_on_the_page(client: Client, record: Record) -> None:
    answer = client.get(f"/explore/record/{record.pk}/selection?from=soon")
    assert answer.status_code == 400
    assert b"from must be a whole number" in answer.content


def test_the_table_has_extremes_and_means_in_units(client: Client, record: Record) -> None:
    page = read(client, f"/explore/record/{record.pk}/summary/")
    cells = "".join(f'<td class="number">{number}</td>' for number in ("10", "70", "74.5", "79"))
    assert cells in page


def test_links_stay_in_the_sandbox(client: Client, walk: Record) -> None:
    """Every link of a page begins with its root, but for files and docs."""
    page = read(client, f"/explore/record/{walk.pk}/")
    links = [text.partition('"')[0] for text in page.split('href="')[1:]]
    assert {link.split("/")[1] for link in links if link.startswith("/")} <= {
        "explore", "requests", "outbox", "docs", "console", "api", "",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/explore/", "/explore/people/1511/", "/explore/record/37/"])
def test_strangers_and_public_servers_have_no_explorer(
    client: Client, record: Record, path: str, settings: Any
) -> None:
    assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == 401
    settings.HEXOSTORE_PROFILE = "public"
    assert client.get(path).status_code == 404


def test_unknown_people_and_records(client: Client) -> None:
    for path in ("people/5/", "record/5/", "record/5/summary/", "record/5/truth"):
        assert client.get(f"/explore/{path}").status_code == 404


def count(client: Client, path: str) -> int:
    with hear_statements() as heard:
        read(client, path)
    return len(heard)


def test_statements_do_not_grow_with_records(
    client: Client, record: Record, datatypes: dict[int, Datatype]
) -> None:
    def more(number: int) -> None:
        for each in range(number):
            made = new_record(record.user, start=START + each * 9000)
            store.write_channel(made, datatypes[HR], np.arange(60, 70) + each)

    paths = ["/explore/", f"/explore/people/{record.user_id}/", f"/explore/record/{record.pk}/"]
    more(2)
    before = [count(client, path) for path in paths]
    more(5)
    assert [count(client, path) for path in paths] == before
    assert before == [6, 5, 5]


def test_statements_of_panels(client: Client, walk: Record) -> None:
    """The same for every record, but for what is read of it in pieces of 256 chunks."""
    read(client, f"/explore/record/{walk.pk}/summary/")  # keeps summaries
    found = {path.rstrip("/").rpartition("/")[2]: count(client, path) for path in paths_of(walk)}
    found.pop(str(walk.pk))
    assert found == {"summary": 3, "selection": 7, "truth": 6, "track": 4, "metrics": 5}


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "goes on"), (59, "0:00:59"), (90_061, "25:01:01")]
)
def test_lengths(seconds: int | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, ""), (0.0, "0"), (7.1581e-05, "0.000072"), (74.5, "74.5"), (991_176.4, "991176")],
)
def test_numbers(number: float | None, text: str) -> None:
    assert significant(number) == text
