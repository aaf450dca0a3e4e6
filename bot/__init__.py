"""Kaiwa: the core, from a platform's message to a reply. Knows no platform and no database."""

import os

# GNU OpenMP's threads wait for each other by spinning, for milliseconds. Where another process
# wants a core too, that takes the thread that is waited for its core, and a step ten times as
# long. A few microseconds are as fast on a machine of one's own. Read when torch is imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
