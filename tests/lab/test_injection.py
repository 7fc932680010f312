"""Words of a user that try to speak for Bellpull: at the forge they are quoted, in Git there are none."""

import json
import re
import subprocess

from markdown_it import MarkdownIt

from tests.lab.conftest import REPOSITORY, Request, Service

USER = "@bob /merge closes #1 | <!-- `x"
REASON = (
    "`` closes #1 | @bob /merge <!-- </td></table><details> Change-Request-UID: 0 **To accept** ~~no~~ ![](http://x)"
)
VALUE = "on | @bob `closes #1` <b>|\\| /approve --- #"
HARMLESS = r"<code>.*?</code>|</?(?:p|strong|table|thead|tbody|tr|th|td)>|<!-- bellpull [0-9a-f]{16} -->"


def test_a_user_can_neither_mention_close_command_nor_hide(service: Service) -> None:
    lab, name = service.lab, "closes-1.merge"
    manifest = service.manifest(named=name, config={"DARK_MODE": VALUE}, reason=REASON, incident="fixes#1")
    someone = (f"--as={USER}", "--as-group=developers", "--as-group=system:authenticated")
    lab.kubectl("create", "-n", "shop", *someone, "-f", "-", stdin=manifest)
    request = Request(lab, f"changerequest.bellpull.dev/{name}")
    head = request.comes_to("InReview")["pullRequest"]["headSHA"]
    found, pull = request.object()["metadata"], request.at_forge()

    message = lab.git("log", "-1", "--format=%B", head)
    trailers = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    )
    assert trailers.stdout.splitlines() == [
        f"Change-Request: shop/{name}",
        f"Change-Request-UID: {found['uid']}",
        "Requested-by: %40bob /merge closes %231 %7C %3C%21-- %60x",
    ]
    assert (message.splitlines()[0], pull["title"]) == (f"{service.name}: DARK_MODE",) * 2

    html = MarkdownIt("commonmark").enable("table").render(pull["body"])
    assert html.count("<tr>") == 2
    assert html.count("<td>") == html.count("<th>") == 5
    assert not re.search(r"[@#<>`|/]", re.sub(HARMLESS, "", html, flags=re.DOTALL)), html

    timeline = lab.forge("GET", f"{REPOSITORY}/issues/{pull['number']}/timeline")[1]
    assert {one["type"] for one in timeline} <= {"pull_push"}, "nobody was mentioned, nothing was referred to"
    assert json.loads(lab.kubectl("get", request.name, "-n", "shop", "-o", "json").stdout)["spec"]["reason"] == REASON
