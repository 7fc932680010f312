"""The one place that wires: settings → adapters → flows, engine and watches.

`bellpull run` is the operator. It stops on SIGTERM: what is being worked at is finished, and the Leases are let go.
`bellpull preview` shows what a ChangeRequest would change in a directory.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from bellpull.errors import BellpullError, Stalled

_LOG = logging.getLogger("bellpull")


def main(arguments: list[str] | None = None) -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(prog="bellpull", description="The friendlier front door to GitOps.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the operator; settings are BELLPULL_* variables")
    shown = commands.add_parser("preview", help="print what a ChangeRequest would change, as a diff; no cluster needed")
    shown.add_argument(
        "-f", dest="file", required=True, help="YAML with a ChangeRequest and its ChangeTarget; - reads standard input"
    )
    shown.add_argument("--repo", required=True, help="directory that holds the GitOps repository's files")
    asked = parser.parse_args(arguments)
    if asked.command == "preview":
        from bellpull.cli.preview import preview

        return preview(asked.file, asked.repo)
    try:
        run()
    except BellpullError as error:
        print(f"bellpull: {error.message}", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """The operator, until it is told to stop."""
    # Imported here, so that other commands and --help do not wait half a second for them.
    from bellpull import logs
    from bellpull.cluster.client import Client
    from bellpull.engine.lease import Leases
    from bellpull.engine.queue import Queue
    from bellpull.engine.resync import Resync
    from bellpull.engine.router import Router
    from bellpull.engine.worker import Workers
    from bellpull.kube.connections import Connections
    from bellpull.kube.handlers import News, watch
    from bellpull.kube.store import Store
    from bellpull.settings import from_environment

    settings = from_environment()
    logs.configure()
    _forget_git_variables()
    _make_data_dir(settings.data_dir)
    client = Client(pool=settings.workers + 2)
    store, queue, router = Store(client), Queue(), Router()
    connections = Connections(client, settings.namespace, settings.data_dir)
    leases = Leases(client, settings.namespace, settings.identity, settings.lease_seconds)
    workers = Workers(queue, router, store, connections.to, leases, settings)
    news = News(queue, router, store)
    resync = Resync(store, router, news.listed, settings.resync_seconds)
    store.check_kinds()
    workers.start()
    resync.start()
    _LOG.info("watching ChangeRequests as %s", settings.identity)
    try:
        watch(news)
    finally:
        _LOG.info("stopping: finishing what is being worked at")
        resync.stop()
        workers.stop()


def _make_data_dir(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"BELLPULL_DATA_DIR={directory} cannot be made ({error.strerror}): name a directory that can be written"
        )
        raise Stalled("Invalid", message) from error


def _forget_git_variables() -> None:
    """git is run with an environment of ours; GitPython only ever adds to what is inherited."""
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[variable]


if __name__ == "__main__":
    sys.exit(main())
