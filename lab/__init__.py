"""The lab: a real Kubernetes control plane and a real forge on one machine, without Docker.

Tests, the demo and a developer's own tries run against it. It is not shipped. It uses Python's standard library,
git and what it builds from the Go modules beside this file; everything listens on 127.0.0.1 only.
"""
