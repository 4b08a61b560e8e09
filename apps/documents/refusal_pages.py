"""docs/refusals.md and the pages of docs/reasons, from requests that were refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.api.reasons import BY_CODE, Reason

WRITTEN = "<!-- Written by bin/docs from what the tests saw; changes here are lost. -->\n\n"

LOG_FIELDS = (
    "reason", "scheme", "user", "client", "hint", "ordered", "received", "expected",
)  # fmt: skip
"""The fields of an entry of the refusal log that the pages show."""


@dataclass(frozen=True)
class RefusedExample:
    """A refused request, as the pages show it.

    `what` says what was wrong. `request` and `answer` are the texts as sent. `body` is the body of
    the answer, or a word for it. `log_entry` is the entry of the refusal log, {} if there is none.
    """

    reason: Reason
    what: str
    method: str
    path: str
    status: int
    request: str
    answer: str
    body: str
    log_entry: Mapping[str, Any]


def reason_pages(all_refused: Sequence[RefusedExample]) -> dict[str, str]:
    """Return the pages of docs/reasons by their names."""
    pages = {
        str(reason): reason_page(reason, [each for each in all_refused if each.reason is reason])
        for reason in Reason
    }
    return {"index": index_page(), **pages}


def index_page() -> str:
    """Return the list of all reasons."""
    rows = "\n".join(
        f"| [{reason}]({reason}.md) | {reason.status} | {reason.sentence} |" for reason in Reason
    )
    return f"""{WRITTEN}# Reasons

Each reason for which a request can be refused has a code and a page. The code is in the header
`X-HexoStore-Reason`, and in the refusal log that the sandbox shows at `/_sandbox/auth/last`. It is
never in the body, because published clients expect the bodies of the real service.
[Refusals](../refusals.md) shows a request for each reason.

| code | status | what is wrong |
|---|---|---|
{rows}
"""


def reason_page(reason: Reason, examples: Sequence[RefusedExample]) -> str:
    """Return the page of a reason, with its examples."""
    told = BY_CODE[reason.told]
    hidden = f" The response only says [{told}]({told}.md).\n" if told is not reason else ""
    head = f"{WRITTEN}# {reason}\n\n{reason.sentence}{hidden or ''}".rstrip()
    parts = [head, f"What to do: {reason.remedy}", _examples_section(examples)]
    return "\n\n".join([*parts, *map(_example_text, examples), "All [reasons](index.md)."]) + "\n"


def _examples_section(examples: Sequence[RefusedExample]) -> str:
    rows = "\n".join(
        f"| {each.what} | {each.status} | {_table_cell(each.body)} |" for each in examples
    )
    return f"| request | status | body |\n|---|---|---|\n{rows}"


def _example_text(each: RefusedExample) -> str:
    parts = [
        f"## {each.what}",
        f"```text example\n{each.request}\n```",
        f"```text example\n{each.answer}\n```",
    ]
    noted = each.log_entry
    shown = {name: noted[name] for name in LOG_FIELDS if noted.get(name) is not None}
    if shown:
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        parts.append(f"In the refusal log:\n\n```json example\n{text}\n```")
    return "\n\n".join(parts)


def refusals_page(all_refused: Sequence[RefusedExample]) -> str:
    """Return the page docs/refusals.md."""
    rows = "\n".join(
        f"| [{each.reason}](reasons/{each.reason}.md) | {each.what} | "
        f"`{each.method} {each.path}` | {each.status} | "
        f"{_table_cell(each.body)} |"
        for each in all_refused
    )
    return f"""{WRITTEN}# Refusals

This table lists {len(all_refused)} requests that the server refuses, with status, body, and the
reason in the refusal log. The tests send each of them. The header `X-HexoStore-Reason` has the same
reason, with one exception: after a wrong login, the header only says `bad_login`.

| reason | what is wrong | request | status | body |
|---|---|---|---|---|
{rows}
"""


def _table_cell(body: str) -> str:
    return f"`{body}`" if body.startswith("{") else body
