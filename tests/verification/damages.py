"""A damage for each check, that it must see."""

from __future__ import annotations

from typing import Any

from tests.verification.damaged import (
    Damage,
    body,
    edited,
    header,
    meta,
    row,
    rows,
    status,
    text,
    without,
)


def _first(items: list[Any]) -> list[Any]:
    return items[:1]


def _doubled(items: list[Any]) -> list[Any]:
    return items[:1] * len(items)


def _reversed(items: list[Any]) -> list[Any]:
    return items[::-1]


def _schema(content: Any) -> None:
    content["fields"]["id"]["type"] = "text"


def _published(content: Any) -> None:
    if "start" in content.get("fields", {}):
        content["fields"]["start"]["nullable"] = "maybe"


def _no_fields(content: Any) -> None:
    content["allowed_list_http_methods"] = "GET"


def _without_last(content: Any) -> None:
    for pairs in content[0]["data"].values():
        del pairs[0]


def _as_floats(content: Any) -> None:
    for pairs in content[0]["data"].values():
        for pair in pairs:
            pair[1] = float(pair[1])


def _irregular(content: Any) -> None:
    for pairs in content[0]["data"].values():
        pairs[1][0] += 7


def _by_user(content: Any) -> Any:
    return content[0]


ERROR = edited(lambda _: {"error": "No."})
ABSOLUTE = "https://elsewhere.example.com/api/"

DAMAGES = {
    # documents
    "index-lists-resources": Damage(r"GET /api/$", text('"/api/user/"', '"/user/"')),
    "index-needs-no-login": Damage(r"GET /api/$", status(401)),
    "published-resources-are-there": Damage(r"GET /api/$", text('"heartrate"', '"pulse"')),
    "schemas-are-the-published-ones": Damage(r"/record/schema/", edited(_published)),
    "schemas-have-their-members": Damage(r"/user/schema/", edited(_schema)),
    "schema-needs-login": Damage(r"/schema/", status(200)),
    "schema-takes-get-only": Damage(r"OPTIONS .*/schema/", header("Allow", "GET,POST")),
    # versions
    "version-header-is-taken": Damage(r"record/\?limit=1$", status(400)),
    "first-prefix-is-echoed": Damage(r"/api/v1/", text("/api/v1/", "/api/")),
    "double-slash-is-tolerated": Damage(r"GET //api/", status(404)),
    # refusals
    "login-is-needed": Damage(r"/user/1/", header("WWW-Authenticate", None)),
    "unknown-login-is-refused": Damage(r"/account/$", body(b'{"error": "Wrong."}')),
    "login-is-checked-first": Damage(r"/user/abc/", status(404)),
    "wrong-signature-is-refused": Damage(r"/account/$", text("API signature failed.", "No.")),
    "missing-row-is-an-empty-404": Damage(r"/record/2147480000/", body(b"{}")),
    "wrong-key-is-a-canned-404": Damage(r"/range/abc/", ERROR),
    "unknown-resource-is-a-404": Damage(r"/nothing/", header("Content-Type", "application/json")),
    "missing-slash-redirects": Damage(r"/user\?", header("Location", "/api/user/")),
    "detail-ignores-arguments": Damage(r"limit=abc&order_by", status(400)),
    # lists
    "envelope-has-meta-and-objects": Damage(r"/unit/\?", text('"previous"', '"prev"')),
    "page-has-as-many-rows-as-it-says": Damage(r"/unit/\?limit=3", rows(_first)),
    "rows-have-their-uri": Damage(r"/unit/\?limit=3", row(resource_uri="/unit/1/")),
    "set-has-rows-in-the-order-asked": Damage(r"/set/", rows(_reversed)),
    "set-names-keys-without-a-row": Damage(r"/set/", text('"2147480000"', "2147480000")),
    # paging
    "next-leads-to-the-next-page": Damage(r"/unit/\?limit=1", text('"/api/', f'"{ABSOLUTE}')),
    "links-end-at-both-ends": Damage(r"/unit/\?limit=1&offset", meta(next="/api/unit/?limit=1")),
    "limit-zero-means-as-many-as-allowed": Damage(r"/unit/\?limit=0", meta(limit=0)),
    "large-limit-is-cut": Damage(r"limit=10000000", status(400)),
    "default-limit-is-that-of-the-schema": Damage(r"GET /api/record/$", meta(limit=25)),
    "bad-limit-is-refused": Damage(r"limit=1\.5", status(200)),
    "bad-offset-is-refused": Damage(r"offset=abc", ERROR),
    "last-limit-counts": Damage(r"limit=7&limit=3", meta(limit=7)),
    "offset-past-the-end-is-empty": Damage(r"offset=1000000", status(404)),
    "links-keep-other-arguments": Damage(r"foo=a", text("foo=", "bar=")),
    "pages-neither-repeat-nor-lose-rows": Damage(r"/unit/.*offset=", rows(_doubled)),
    # filters
    "exact-finds-the-row": Damage(r"/record/\?id=", rows(lambda _: [])),
    "in-finds-several-rows": Damage(r"/record/\?id__in=.*%2C", rows(_first)),
    "empty-in-finds-nothing": Damage(r"id__in=$", meta(total_count=3)),
    "comparisons-split-the-rows": Damage(r"/record/.*id__gte", meta(total_count=1)),
    "range-includes-both-ends": Damage(r"/record/.*id__range", rows(lambda items: items[1:])),
    "unknown-names-are-ignored": Damage(r"startTimestamp__gte", status(400)),
    "field-without-filter-is-refused": Damage(r"/record/\?\w+=1$", status(200)),
    "lookup-that-is-not-listed-is-refused": Damage(r"id__isnull", status(200)),
    "unknown-lookup-is-refused": Damage(r"id__foo", status(200)),
    "text-for-a-number-is-refused": Damage(r"/record/\?id=abc", ERROR),
    "wrong-item-of-a-list-is-refused": Damage(r"id__in=1,abc", status(200)),
    "first-error-wins": Damage(r"limit=abc&order_by=nothing$", ERROR),
    "relation-takes-uri-id-and-address": Damage(r"user=[^&]*%40", meta(total_count=0)),
    "relation-filter-finds-rows-of-that-user": Damage(r"limit=20&user=", row(user="/api/user/3/")),
    "walk-through-a-link-needs-leave": Damage(r"__id=1$", status(200)),
    "times-filter-rows": Damage(r"/record/.*start__gte", row(start=5)),
    # orders
    "order-ascends-and-descends": Damage(r"/record/.*order_by=-", rows(_reversed)),
    "unknown-order-is-refused": Damage(r"order_by=-nothing", ERROR),
    "field-without-order-is-refused": Damage(r"order_by=", status(200)),
    "orders-are-joined-by-commas-or-repeated": Damage(r"order_by=.*&order_by=", rows(_first)),
    "sort-by-is-an-old-name": Damage(r"sort_by=", rows(_reversed)),
    "newest-record-is-first": Damage(r"/record/\?limit=3", rows(_reversed)),
    # formats
    "unknown-accept-gives-json": Damage(r"/user/\?limit=2", status(406)),
    "malformed-accept-is-refused": Damage(r"/user/\?limit=2", status(406)),
    "format-argument-is-ignored-unless-offered": Damage(r"format=nothing", status(404)),
    "json-has-no-charset": Damage(
        r"/user/", header("Content-Type", "application/json; charset=utf-8")
    ),
    "members-are-sorted": Damage(r"/unit/\?limit=3", row(aaa=1)),
    "json-is-one-line-with-blanks": Damage(r"/unit/\?limit=3", text('"meta": {', '"meta":{')),
    "body-of-a-get-is-ignored": Damage(r"/user/\?limit=2", status(400), "Content-Type"),
    # headers
    "answers-vary-by-accept": Damage(r"/user/", header("Vary", "Cookie")),
    "answers-are-not-to-be-kept": Damage(r"/user/", header("Cache-Control", "max-age=60")),
    "conditions-on-lists-are-ignored": Damage(r"/user/", header("ETag", '"1"')),
    "head-is-not-get": Damage(r"HEAD ", status(200)),
    "options-tells-the-methods": Damage(r"OPTIONS .*/user/1/", body(b"")),
    "age-of-kept-answers-is-in-seconds": Damage(r"/unit/", header("X-HexoCache", "yesterday")),
    "every-answer-has-a-type": Damage(r"/2147480000/", header("Content-Type", None)),
    # objects
    "objects-have-the-fields-of-the-schema": Damage(r"/unit/", without("si_long")),
    "objects-have-the-published-fields": Damage(r"/record/", without("firmware_rev")),
    "values-have-the-types-of-the-schema": Damage(r"/record/", row(firmware_rev=3)),
    "links-can-be-read-by-clients": Damage(r"/record/", row(device="/api/device/HX/")),
    "account-is-the-caller": Damage(r"/account/", meta(total_count=2)),
    "records-have-their-user-nested": Damage(r"/record/", row(user="/api/user/1/")),
    "data-types-have-both-ids": Damage(r"/datatype/", without("id")),
    "ranges-name-their-routine-twice": Damage(r"/range/", row(context=None)),
    "statuses-are-known": Damage(r"/record/", row(status="done")),
    "metrics-have-name-and-value": Damage(r"include_metrics", row(metrics=[{"name": "HR"}])),
    # links
    "uris-of-rows-lead-to-them": Damage(r"/unit/\d+/$", status(404)),
    "details-have-the-members-of-lists": Damage(r"/unit/\d+/$", without("info")),
    "links-lead-somewhere": Damage(r"/activitytype/\d+/$", edited(lambda _: [])),
    # times
    "ticks-are-the-start-date": Damage(r"/record/", row(start=5)),
    "ends-come-after-starts": Damage(r"/range/", row(end=5)),
    "times-have-one-spelling": Damage(r"/record/", text('+00:00"', 'Z"')),
    # data
    "data-is-pairs-by-data-type": Damage(r"/data/.*start=", edited(_by_user)),
    "window-includes-its-start": Damage(r"/data/.*start=", edited(_without_last)),
    "heart-rate-has-a-value-each-second": Damage(r"/data/.*start=", edited(_irregular)),
    "several-data-types-are-a-list": Damage(r"datatype__in", body(b"[]")),
    "flat-data-is-pairs-only": Damage(r"flat=True", body(b"[]")),
    "seconds-are-ticks-rounded-down": Damage(r"seconds=1", edited(_irregular)),
    "no-data-is-an-empty-list": Damage(r"start=256", status(404)),
    "kinds-of-numbers-are-kept": Damage(r"/data/.*start=", edited(_as_floats)),
    "many-values-are-thinned": Damage(r"max_values", edited(_without_last)),
    "data-of-a-user-is-that-of-the-record": Damage(r"/data/\?user=", body(b"[]")),
    "data-types-have-addresses-of-their-own": Damage(r"/heartrate/", edited(_irregular)),
    "etag-of-data-is-a-condition": Damage(r"/data/", status(200), "If-None-Match"),
    # tables
    "csv-has-the-known-titles": Damage(r"/data/", text("heart_rate [bpm]", "heart_rate [bpm] ")),
    "zip-has-wav-of-the-record": Damage(r"/data/", text("record_", "recorD_")),
    # examples
    "examples-have-the-documented-shape": Damage(r"/unit/2/", row(si_long=5)),
}
