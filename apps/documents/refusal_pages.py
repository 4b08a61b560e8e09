"""docs/refusals.md and the pages of docs/reasons, from requests that were refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.api.reasons import BY_CODE, Reason

WRITTEN = "<!-- Written by bin/docs from what the tests saw; changes here are lost. -->\n\n"

IN_JOURNAL = (
    "reason", "scheme", "user", "client", "hint", "ordered", "received", "expected",
)  # fmt: skip
"""What the pages show of an entry of the refusal log."""


@dataclass(frozen=True)
class RefusedExample:
    """A request that was refused, as the pages tell of it.

    `what` says what was wrong; `request` and `answer` are the texts that travelled, `body` is the
    answer's body in a word or as it is, `log_entry` what the refusal log noted, {} for nothing.
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
    """The pages of docs/reasons by their names."""
    pages = {
        str(reason): page(reason, [each for each in all_refused if each.reason is reason])
        for reason in Reason
    }
    return {"index": index(), **pages}


def index() -> str:
    """The list of all reasons."""
    rows = "\n".join(
        f"| [{reason}]({reason}.md) | {reason.status} | {reason.sentence} |" for reason in Reason
    )
    return f"""{WRITTEN}# Reasons

Why a request was refused, by the code in the header `X-HexoStore-Reason` and in the refusal log,
which the sandbox shows at `/_sandbox/auth/last`. Bodies never hold the code: they stay what
published clients read. [A table of refusals](../refusals.md) shows them as they happen.

| code | status | what is wrong |
|---|---|---|
{rows}
"""


def page(reason: Reason, examples: Sequence[RefusedExample]) -> str:
    """The page of a reason, with its examples."""
    told = BY_CODE[reason.told]
    hidden = f" Clients are told [{told}]({told}.md) instead.\n" if told is not reason else ""
    head = f"{WRITTEN}# {reason}\n\n{reason.sentence}{hidden or ''}".rstrip()
    parts = [head, f"What to do: {reason.remedy}", _seen(examples)]
    return "\n\n".join([*parts, *map(_example, examples), "All [reasons](index.md)."]) + "\n"


def _seen(examples: Sequence[RefusedExample]) -> str:
    rows = "\n".join(f"| {each.what} | {each.status} | {_cell(each.body)} |" for each in examples)
    return f"| request | status | body |\n|---|---|---|\n{rows}"


def _example(each: RefusedExample) -> str:
    parts = [
        f"## {each.what}",
        f"```text example\n{each.request}\n```",
        f"```text example\n{each.answer}\n```",
    ]
    noted = each.log_entry
    shown = {name: noted[name] for name in IN_JOURNAL if noted.get(name) is not None}
    if shown:
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        parts.append(f"In the refusal log:\n\n```json example\n{text}\n```")
    return "\n\n".join(parts)


def table(all_refused: Sequence[RefusedExample]) -> str:
    """The page docs/refusals.md."""
    rows = "\n".join(
        f"| [{each.reason}](reasons/{each.reason}.md) | {each.what} | "
        f"`{each.method} {each.path}` | {each.status} | "
        f"{_cell(each.body)} |"
        for each in all_refused
    )
    return f"""{WRITTEN}# Refusals

{len(all_refused)} requests that are refused, as the tests send them and the server answers: status,
body, and the reason that the refusal log notes. The header `X-HexoStore-Reason` carries the same
code, but for a wrong login, of which clients are told `bad_login` only.

| reason | what is wrong | request | status | body |
|---|---|---|---|---|
{rows}
"""


def _cell(body: str) -> str:
    return f"`{body}`" if body.startswith("{") else body
