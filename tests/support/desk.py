"""Staff in a browser, and the worker beside them."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

from django.db import connection

from support import sweeping, tasks


@contextmanager
def worker():
    """Does what is due, as beat and the money worker do."""
    stopped = threading.Event()

    def work():
        try:
            while not stopped.is_set():
                sweeping.free_stale()
                for request in sweeping.due():
                    tasks.task_of(request)(str(request.pk))
                time.sleep(0.05)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(30)


class Staff:
    """A member of staff at the console, whose interactions are counted."""

    def __init__(self, page, live_server, user):
        self.page, self.url = page, live_server.url
        self.interactions = 0
        page.goto(f"{self.url}/admin/login/?next=/admin/")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", "pass-word-1")
        page.click("button[type=submit]")
        page.wait_for_url(f"{self.url}/admin/")

    def open(self, path):
        self.page.goto(f"{self.url}{path}")

    def click(self, selector):
        self.interactions += 1
        self.page.click(selector)

    def fill(self, selector, text):
        self.interactions += 1
        self.page.fill(selector, text)

    def choose(self, selector, value):
        self.interactions += 1
        self.page.select_option(selector, value)

    def press(self, selector, key):
        self.interactions += 1
        self.page.press(selector, key)
