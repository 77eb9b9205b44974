"""The product's settings with DRF's own defaults: what the peer is served with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api.peer"
REST_FRAMEWORK = {}
