"""One hypothesis profile for the room: the same examples on every machine, and no failure for being slow."""

from hypothesis import HealthCheck, settings

thorough = settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
# For what builds and reads whole documents with the slow, independent parser.
costly = settings(thorough, max_examples=120)
