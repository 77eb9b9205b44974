"""What the celery command loads: `celery -A config.worker worker` or `beat`."""

import warnings

from celery.platforms import SecurityWarning

from config import embedded

embedded.start()

from config.celery import app  # noqa: E402

# As root, in a container, Celery would say so at length at every start.
warnings.filterwarnings("ignore", category=SecurityWarning)

__all__ = ["app"]
