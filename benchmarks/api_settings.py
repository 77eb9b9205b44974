"""The installation as it is served, with the peers of ``benchmarks.api`` beside its API."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api_peers"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
API_RATE_KEY = API_RATE_CUSTOMER = API_RATE_ADDRESS = 10**9
