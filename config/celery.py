"""The Celery app: queues sync, webhooks, money, recommend and tryon; beat ticks the sync."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("storekeep")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
