"""python -m config.embedded status|url|stop"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from config import embedded
from config.embedded import supervisor


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("action", choices=["status", "url", "stop", "watch"])
    parser.add_argument("folder", nargs="?", type=Path, help="default: var/ or STOREKEEP_VAR")
    chosen = parser.parse_args()
    folder = chosen.folder or embedded.var()
    if chosen.action == "watch":
        supervisor.watch(folder)
    elif chosen.action == "url":
        print(supervisor.url(folder))  # noqa: T201
    elif chosen.action == "stop":
        with supervisor.locked(folder):
            supervisor.stop(folder)
    else:
        status = {"running": supervisor.running(folder), "processes": supervisor.live(folder)}
        json.dump(status, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
