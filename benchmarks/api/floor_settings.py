"""The product's settings, its middleware too, without its views: what the floor is served with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api.floor"
