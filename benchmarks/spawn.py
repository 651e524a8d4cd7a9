"""Run one command and write what it took, as JSON: a process so small that its own memory hides nothing.

    python -I -S spawn.py RESULT COMMAND [ARGUMENT ...]

A child's peak memory counts from that of the process which starts it, so this is not done by the benchmark itself.
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - started
with open(sys.argv[1], "w") as file:  # noqa: PTH123 - pathlib is larger than all of this
    json.dump(
        {
            "wall": wall,
            "cpu": used.ru_utime + used.ru_stime,
            "rss": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "code": os.waitstatus_to_exitcode(status),
        },
        file,
    )
