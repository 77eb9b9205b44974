"""What the celery command loads: `celery -A config.worker worker` or `beat`."""

from config import embedded

embedded.start()

from config.celery import app  # noqa: E402

__all__ = ["app"]
