"""The lab on the command line: `python -m lab up | operator | down | demo`, in `.lab` of this repository."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from lab import demo
from lab.clusters import ROOT
from lab.lab import Lab
from lab.processes import LabError


def main() -> int:
    arguments = _parser().parse_args()
    # Being ended is handled as Ctrl-C is: what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return int(arguments.run(arguments))
    except LabError as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return problem.code
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--directory", type=Path, default=ROOT / ".lab", help="where it lives (default: .lab)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start it, or say that it runs")
    up.add_argument("--no-operator", action="store_true", help="control plane and forge only")
    up.set_defaults(run=_up)
    commands.add_parser("operator", help="(re)start the operator of a running lab").set_defaults(run=_operator)
    commands.add_parser("down", help="stop it").set_defaults(run=_down)
    commands.add_parser("demo", help="tell the story, in a running lab or a new one").set_defaults(run=_demo)
    return parser


def _up(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    lab = Lab(arguments.directory)
    ran = lab.up(operator=not arguments.no_operator)
    print(f"The lab {'was running already' if ran else 'runs'} ({time.monotonic() - started:.1f} s).")
    print(f"  settings  {lab.directory / 'env'}")
    print(f"  forge     {lab.env['LAB_FORGE_URL']}")
    print(f"  kubectl   KUBECONFIG='{lab.env['LAB_KUBECONFIG_ALICE']}' '{lab.env['LAB_KUBECTL']}' get changerequests")
    log = lab.directory / "operator.log"
    print(f"  operator  {log if lab.operator_pid else 'not running: start it with `make operator`'}")
    return 0


def _operator(arguments: argparse.Namespace) -> int:
    lab = Lab(arguments.directory)
    lab.start_operator()
    print(f"The operator runs (pid {lab.operator_pid}); its log is {lab.directory / 'operator.log'}")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    lab = Lab(arguments.directory)
    lab.down()
    print("The lab is stopped.")
    if lab.guest:
        print("What it put into the given cluster is still there: namespaces shop and bellpull-system, deploy/.")
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    return demo.run(Lab(arguments.directory))


if __name__ == "__main__":
    sys.exit(main())
