"""kubectl as each of the lab's people: one call, bounded in time."""

import os
import subprocess
import time
from pathlib import Path

from lab.kubeconfig import path_of
from lab.processes import LabError

# A fresh API server says these for a moment: caches are cold, a new kind is not served yet.
TRANSIENT = (
    "no matches for kind",
    "the server doesn't have a resource type",
    "is (re)initializing",
    "ensure CRDs",
    "There can be a delay",
)


class Kubectl:
    """Calls kubectl with the kubeconfig of one of the lab's users."""

    def __init__(self, program: Path, directory: Path) -> None:
        self.program, self.directory = program, directory

    def __call__(
        self, *arguments: str, user: str = "admin", stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run it; LabError with its complaint when `check` and it failed."""
        try:
            result = subprocess.run(
                [str(self.program), *arguments],
                env=self.environment(user),
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                timeout=180,
            )
        except subprocess.TimeoutExpired as problem:
            raise LabError(f"kubectl {' '.join(arguments)} took more than 180 s") from problem
        if check and result.returncode != 0:
            raise LabError(f"kubectl {' '.join(arguments)} as {user} failed: {result.stderr.strip()}")
        return result

    def patiently(self, *arguments: str, seconds: float = 20.0) -> subprocess.CompletedProcess[str]:
        """Run it as admin, again while the API server is only not ready for it yet."""
        deadline = time.monotonic() + seconds
        while True:
            result = self(*arguments, check=False)
            if result.returncode == 0:
                return result
            if time.monotonic() > deadline or not any(sign in result.stderr for sign in TRANSIENT):
                raise LabError(f"kubectl {' '.join(arguments)} failed: {result.stderr.strip()}")
            time.sleep(0.2)

    def environment(self, user: str) -> dict[str, str]:
        """Its environment: that user's rights and a discovery cache of this lab's own (ports are used again)."""
        cache = {"KUBECACHEDIR": str(self.directory / "kubecache")}
        return {**os.environ, **cache, "KUBECONFIG": str(path_of(self.directory, user))}
