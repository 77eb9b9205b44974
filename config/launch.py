"""What `make run` runs: everything on this machine, until Ctrl-C.

Imports no Django, so that it stays small beside the processes that it watches.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

from honcho.manager import Manager
from honcho.printer import Printer

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
QUEUES = "sync,recommend"
# Each platform's demo store: the name of its process, and which half of the shop's orders it has.
SANDBOXES = {"woocommerce": ("woo", "1/2"), "shopify": ("shopify", "2/2")}


def main() -> None:
    """Prepare everything, then run the processes until one ends or Ctrl-C is pressed."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        print("\nStopped.")  # noqa: T201
        sys.exit(130)


def _run() -> int:
    port = int(os.environ.get("PORT") or 8000)
    _refuse_taken(port)
    # Each process joins the embedded services by itself, and so outlives this one's death.
    environment = {**os.environ, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    began = time.monotonic()
    _say("Starting PostgreSQL and Redis")
    embedded.start()
    _say(f"PostgreSQL and Redis answer ({time.monotonic() - began:.1f} s)")
    _manage("prepare", environment)
    sandboxes = _sandbox_ports(environment)
    manager = Manager(Printer(sys.stdout, width=8))
    for name, command in _commands(port, sandboxes).items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT), quiet=False)
    guide = _start_guide(port, sandboxes, environment)
    try:
        manager.loop()
    finally:
        guide.terminate()
        guide.wait()
    _say("Stopped. `make run` goes on where this ended.")
    return int(manager.returncode or 0)


def _say(text: str) -> None:
    print(f"» {text}", flush=True)  # noqa: T201


def _refuse_taken(port: int) -> None:
    if not _is_free(port):
        raise SystemExit(
            f"Port {port} is taken: Storekeep runs already (http://127.0.0.1:{port}/admin/), or "
            f"something else does. Choose another port: make run PORT={port + 1}"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _sandbox_ports(environment: dict[str, str]) -> dict[str, int]:
    """The port of each platform's demo store, {} where there shall be no demo.

    The same ports as ever where they are free: the connected stores' addresses hold them.
    """
    wanted = environment.get("DEMO", "")
    if wanted == "0" or (wanted != "1" and _demo_was_removed()):
        _manage("demo", environment, "pause")
        return {}
    first = int(environment.get("SANDBOX_PORT") or 8089)
    free = (port for port in range(first, first + 100) if _is_free(port))
    return {platform: next(free) for platform in SANDBOXES}


def _demo_was_removed() -> bool:
    return (embedded.var() / "demo-removed").exists()


def _commands(port: int, sandboxes: dict[str, int]) -> dict[str, str]:
    """What runs side by side; `exec`, so that a signal reaches the program and not its shell."""
    python = shlex.quote(sys.executable)
    beat = shlex.quote(str(embedded.var() / "beat"))
    celery = f"exec {python} -m celery -A config.worker --quiet"
    commands = {
        "web": f"exec {python} -m gunicorn config.wsgi --preload --bind 127.0.0.1:{port} "
        "--workers 1 --threads 6 --timeout 120 --log-level warning",
        "worker": f"{celery} worker -Q {QUEUES} --concurrency 2 --loglevel WARNING",
        "money": f"{celery} worker -Q money --pool solo --hostname money@%h "
        "--without-mingle --without-gossip --loglevel WARNING",
        # A shopper waits for it, and not behind a first copy.
        "tryon": f"{celery} worker -Q tryon --concurrency 1 --hostname tryon@%h "
        "--without-mingle --without-gossip --loglevel WARNING",
        "webhooks": f"{celery} worker -Q webhooks --pool solo --hostname webhooks@%h "
        "--without-mingle --without-gossip --loglevel WARNING",
        "beat": f"{celery} beat --schedule {beat} --pidfile= --loglevel WARNING",
    }
    for platform, number in sandboxes.items():
        name, part = SANDBOXES[platform]
        commands[name] = (
            f"exec {python} manage.py sandbox {platform} --port {number} --part {part} "
            f"--data {shlex.quote(str(_sandbox_data()))} --trickle 1"
        )
    return commands


def _sandbox_data() -> Path:
    return embedded.var() / "sandbox"


def _manage(command: str, environment: dict[str, str], *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", command, *words], cwd=ROOT, env=environment, check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)


def _start_guide(
    port: int, sandboxes: dict[str, int], environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Connects the demo and tells the console's address, beside the processes that start."""
    words = ["guide", f"--port={port}"]
    for platform, number in sandboxes.items():
        words.append(f"--sandbox={platform}=http://127.0.0.1:{number}")
    if sandboxes:
        words.append(f"--data={_sandbox_data()}")
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    main()
