"""ChangeTarget: one changeable workload, and where its YAML stands."""

from typing import Annotated, Literal

from pydantic import Field

from bellpull.api.conditions import Conditions
from bellpull.api.fields import Metadata, Model, Name, RepoPath, Reported


class Workload(Model):
    """Which object of the files it is."""

    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "CronJob"]
    """Kind of the workload."""
    name: Name
    """Its metadata.name in the repository."""


class ChangeTargetSpec(Model):
    """One changeable workload: which repository, path, workload and ConfigMap."""

    repository: Name
    """Name of a ChangeRepository that admits this namespace and path."""
    path: RepoPath
    """A YAML file, or a directory of plain manifests (read as kubectl reads it: not recursive)."""
    workload: Workload
    """The workload that image, images and replicas change."""
    container: Annotated[Name | None, Field()] = None
    """The container that spec.image of a ChangeRequest means. Default: the only or first one."""
    config_map: Annotated[Name | None, Field(alias="configMap")] = None
    """The ConfigMap that spec.config of a ChangeRequest changes."""
    suspend: bool = False
    """True: nothing new is proposed for this target; open pull requests are still followed."""


class TargetStatus(Reported):
    """Whether changes can be asked for."""

    observed_generation: Annotated[int, Field(alias="observedGeneration")] = 0
    """The metadata.generation that this status was computed from."""
    conditions: Conditions = []
    """Ready: the target can be changed, or the reason why it cannot."""


class ChangeTarget(Reported):
    """One ChangeTarget as the API server stores it."""

    metadata: Metadata
    spec: ChangeTargetSpec
    status: TargetStatus = TargetStatus()
