"""The project's own settings, with test models and a quick password hasher."""

from config.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.compositekeys"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Only a crash of the server could lose anything by this, and no test crashes it.
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
