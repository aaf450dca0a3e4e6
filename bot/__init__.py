"""Kaiwa: the core, from a platform's message to a reply. Knows no platform and no database."""

import os

# GNU OpenMP's threads wait for each other by spinning, for milliseconds. Where another process
# wants a core too, the one that is waited for gets none, and a step takes several times as long.
# Spinning for microseconds costs little (docs/engine-log.md). Read when torch is imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
