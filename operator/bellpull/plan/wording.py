"""Every word that reaches the forge. What a user or a file supplied stands in code spans or is left out, so that it
can neither mention people, close issues, command bots, nor show reviewers something else than it is (pure)."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote

from bellpull.api.changerequest import ChangeRequest, FileChange, Requester
from bellpull.plan.render import Rendered, Step

_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}|")
_INVISIBLE: Final = re.compile(r"[^\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u0370-\u1fff\u2190-\u21ff\u3040-\ud7a3]")
_MENTION: Final = re.compile(r"(?<![A-Za-z0-9])@")  # one inside an address mentions nobody
_SUBJECT_LENGTH: Final = 72
_WAS: Final = "Bellpull-Was"
_WAS_SAFE: Final = " ,.:→_-"
_SEAL: Final = "\n<!-- bellpull "


def branch_name(request: ChangeRequest, prefix: str) -> str:
    """Deterministic: the object's name for people, 48 bits of its uid so that a name used again is another branch."""
    name = re.sub(r"[^a-z0-9-]+", "-", request.metadata.name)[:60].strip("-")
    return f"{prefix}{name}-{request.metadata.uid.replace('-', '')[:12]}"


def summary(steps: Sequence[Step]) -> str:
    """The change in one line for status and terminals: `image v1.4.1 → v1.4.2, replicas 3 → 10`."""
    parts = [f"{step.label} {_shown(_from(step))} → {_shown(_to(step))}" for step in steps]
    line = ", ".join(parts)
    return line if len(line) <= 512 else f"{len(steps)} values: {line[:480]}…"


def title(request: ChangeRequest, rendered: Rendered) -> str:
    """Title of the pull request and subject of the commit; only values of harmless letters appear in it."""
    parts = []
    for step in rendered.steps:
        before, after = _from(step), _to(step)
        harmless = _PLAIN_VALUE.fullmatch(before) and _PLAIN_VALUE.fullmatch(after)
        parts.append(f"{step.label} {before or '(empty)'} → {after or '(empty)'}" if harmless else step.label)
    target = request.spec.target if len(request.spec.target) <= 50 else f"{request.spec.target[:49]}…"
    line = f"{target}: {', '.join(parts)}"
    return line if len(line) <= _SUBJECT_LENGTH else f"{target}: {len(parts)} values"


def commit_message(request: ChangeRequest, rendered: Rendered, was: str = "") -> str:
    """Subject and trailers. The reason stays in the pull request: a message can close issues and skip checks."""
    where = f"{request.metadata.namespace}/{request.metadata.name}"
    return (
        f"{title(request, rendered)}\n\n"
        f"Change-Request: {where}\nChange-Request-UID: {request.metadata.uid}\n"
        f"Requested-by: {_trailer(request.spec.requested_by)}\n"
        + (f"{_WAS}: {quote(was, safe=_WAS_SAFE)}\n" if was else "")
    )


def uid_of(message: str) -> str:
    """The uid in a commit message's trailers, empty when there is none."""
    found = re.search(r"^Change-Request-UID: ([0-9a-f-]{36})$", message.rpartition("\n\n")[2], re.MULTILINE)
    return found[1] if found else ""


def was_of(message: str) -> str:
    """What the change was before the base moved, as the commit's trailers keep it; empty when it did not."""
    found = re.search(rf"^{_WAS}: (.+)$", message.rpartition("\n\n")[2], re.MULTILINE)
    return unquote(found[1]) if found else ""


def body(request: ChangeRequest, rendered: Rendered, rivals: Sequence[str] = (), was: str = "") -> str:
    """What, why, who, each value from → to, and how to accept or reject; sealed, so that an edit by a person shows.
    `rivals` are open requests for the same value, `was` is what this change was before the base moved."""
    return _sealed(_body(request, rendered, rivals, was))


def is_untouched(text: str) -> bool:
    """Whether a pull request's body is still as we wrote it. Line ends do not count: forges change them."""
    written, mark, _ = text.replace("\r\n", "\n").rpartition(_SEAL)
    return bool(mark) and _sealed(written).strip() == text.replace("\r\n", "\n").strip()


def same(one: str, other: str) -> bool:
    """Whether two bodies say the same."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _sealed(written: str) -> str:
    return f"{written}{_SEAL}{hashlib.sha256(written.encode()).hexdigest()[:16]} -->\n"


def moved(before: Sequence[FileChange], rendered: Rendered) -> tuple[str, str]:
    """Of the values that reviewers saw on the left and that are others now: what the change was, and what it is."""
    earlier = {(change.file, change.object, change.path): change for change in before}
    was, now = [], []
    for step in rendered.steps:
        then = earlier.get((step.change.file, step.change.object, step.change.path))
        if then is not None and then.from_ != step.change.from_:
            was.append(Step(step.label, then))
            now.append(step)
    return summary(was), summary(now)


def look_again(was: str, now: str) -> str:
    """The comment for reviewers when values moved."""
    return f"The base branch has changed under this pull request: was {code(was)}, now {code(now)}. Please look again."


def _body(request: ChangeRequest, rendered: Rendered, rivals: Sequence[str], was: str) -> str:
    who = request.spec.requested_by.username if request.spec.requested_by else "somebody unknown"
    name = f"{request.metadata.namespace}/{request.metadata.name}"
    lines = [
        f"{code(who)} asks for this change of {code(request.spec.target)}.",
        "",
        *([f"Reason: {code(request.spec.reason)}", ""] if request.spec.reason else []),
        *([f"Incident: {code(request.spec.incident)}", ""] if request.spec.incident else []),
        "| File | Object | Field | From | To |",
        "|---|---|---|---|---|",
        *(_row(step) for step in rendered.steps),
        "",
        *(f"Note: {code(note)}" for note in rendered.notes),
        *([""] if rendered.notes else []),
        *([f"The base branch has changed: was {code(was)}, now {code(summary(rendered.steps))}.", ""] if was else []),
        *(f"Also open for the same value: {code(rival)}. Whichever is merged last wins." for rival in rivals),
        *([""] if rivals else []),
        "**To accept**, approve and merge this pull request. **To reject**, close it: the request is then recorded as "
        "rejected and nothing changes. A commit of yours on this branch is kept: Bellpull then leaves it alone.",
        "",
        f"Opened by Bellpull for ChangeRequest {code(name)}, uid {code(request.metadata.uid)}.",
    ]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """A code span of Markdown that ends where it should, whatever is inside; also inside a table."""
    shown = visible(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown or '(empty)'}{pad}{fence}"


def visible(text: str) -> str:
    """Control, format and exotic characters spelled out (`\\n`, `\\u202e`), so that what is read is what is there."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _row(step: Step) -> str:
    change = step.change
    before = "(not set)" if change.from_ is None else code(change.from_)
    after = "(removed)" if change.to is None else code(change.to)
    return f"| {code(change.file)} | {code(change.object)} | {code(change.path)} | {before} | {after} |"


def _shown(value: str) -> str:
    text = visible(value)
    return f'"{text[:40]}…"' if len(text) > 40 else text or '""'


def _from(step: Step) -> str:
    return _tag(step.change, step.change.from_ or "")


def _to(step: Step) -> str:
    return _tag(step.change, step.change.to or "")


def _tag(change: FileChange, value: str) -> str:
    """Of an image, what differs for people: the tag or the digest."""
    if not change.path.endswith(".image"):
        return value
    name, at, digest = value.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or (f"{digest[:19]}" if at else "") or "latest"


def _trailer(requester: Requester | None) -> str:
    if requester is None:
        return "unknown"
    return _MENTION.sub("%40", quote(requester.username, safe=" @:.+/=_-"))
