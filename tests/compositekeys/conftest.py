from html.parser import HTMLParser

import pytest

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


@pytest.fixture
def tiny_shop(settings):
    """Serves the tiny shop's own admin site in place of the project's."""
    settings.ROOT_URLCONF = "tests.compositekeys.console"
    settings.MIDDLEWARE = MIDDLEWARE
    settings.UNFOLD = {}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick


@pytest.fixture
def console(tiny_shop, admin_client):
    """A superuser's browser."""
    return admin_client


@pytest.fixture
def staff(tiny_shop, client, django_user_model):
    """The browser of a member of staff without any permission."""
    client.force_login(django_user_model.objects.create_user("staff", is_staff=True))
    return client


class FormReader(HTMLParser):
    """Collects what a browser would send for the forms of a page that nobody touched."""

    def __init__(self):
        super().__init__()
        self.data, self.select, self.area = {}, None, None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name, value = attrs.get("name"), attrs.get("value") or ""
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in attrs:
            self.data[self.select] = value
        elif tag == "textarea":
            self.area, self.data[name] = name, ""
        elif tag == "input" and name:
            ticked = attrs.get("type") != "checkbox" or "checked" in attrs
            if ticked and attrs.get("type") not in ("submit", "file"):
                self.data[name] = value

    def handle_endtag(self, tag):
        self.select = None if tag == "select" else self.select
        self.area = None if tag == "textarea" else self.area

    def handle_data(self, data):
        if self.area:
            self.data[self.area] += data


@pytest.fixture
def posted():
    """Gives what a browser would send for a rendered page."""

    def posted(response):
        reader = FormReader()
        reader.feed(response.content.decode())
        return reader.data

    return posted
