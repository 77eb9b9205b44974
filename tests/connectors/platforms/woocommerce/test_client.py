"""HTTP with a store: authentication, failures and patience."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import logging
import socket
import threading
import time
import traceback

import pytest
import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from responses import matchers

from connectors.platforms import base, patience
from connectors.platforms.woocommerce import client
from connectors.sandbox import server

KEY, SECRET = "ck_" + "1" * 40, "cs_" + "2" * 40
SHOP = "https://shop.example.com"
ORDERS = f"{SHOP}/wp-json/wc/v3/orders"


class Time:
    """A clock that only moves when someone sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def shop(clock):
    found = client.Client(
        SHOP, KEY, SECRET, sleep=clock.sleep, clock=lambda: clock.now, draw=lambda: 0.5
    )
    yield found
    found.close()


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as found:
        yield found


def problem(code, message="", data=None):
    return {"code": code, "message": message, "data": data or {"status": 400}}


# What is sent


def test_over_https_it_is_basic_authentication(shop, wire):
    wire.get(ORDERS, json=[])
    shop.get("orders", {"status": "any"})
    (call,) = wire.calls
    expected = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert call.request.headers["Authorization"] == f"Basic {expected}"
    assert call.request.url == f"{ORDERS}?status=any"


@pytest.mark.parametrize(
    "params",
    [
        {"status": "any", "_fields": "id,number"},
        {"status[]": "trash"},
        {"modified_after": "2026-05-01T00:00:00", "dates_are_gmt": "true"},
        {"search": "a b+c&d=é%"},
    ],
)
def test_over_plain_http_it_is_a_signature_that_the_store_accepts(running, params):
    found = client.Client(running.url, running.key, running.secret)
    assert found.get("orders", params).data == []
    found.close()


def test_the_index_is_asked_without_credentials(shop, wire):
    wire.get(f"{SHOP}/wp-json/", json={"name": "Shop"})
    assert shop.index({}).data == {"name": "Shop"}
    assert "Authorization" not in wire.calls[0].request.headers


def test_a_header_for_the_next_page_is_never_followed(shop, wire):
    wire.get(ORDERS, json=[1], headers={"Link": f'<{ORDERS}?page=2>; rel="next"'})
    shop.get("orders")
    assert len(wire.calls) == 1


def test_cookies_are_not_sent_back(shop, wire):
    wire.get(ORDERS, json=[], headers={"Set-Cookie": "session=1; Path=/"})
    shop.get("orders")
    shop.get("orders")
    assert "Cookie" not in wire.calls[1].request.headers


def test_a_connection_is_used_again(running, caplog):
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    found = client.Client(running.url, running.key, running.secret)
    for _ in range(4):
        found.get("orders")
    found.close()
    assert sum("Starting new" in record.message for record in caplog.records) == 1


def test_the_guard_can_refuse_a_request(wire):
    def refuse():
        raise RuntimeError("A transaction is open.")

    found = client.Client(SHOP, KEY, SECRET, guard=refuse)
    with pytest.raises(RuntimeError, match="A transaction is open"):
        found.get("orders")
    assert (len(wire.calls), found.request_count) == (0, 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("shop.example.com", "https://shop.example.com"),
        ("https://shop.example.com/", "https://shop.example.com"),
        (" http://shop.example.com:8080/de/ ", "http://shop.example.com:8080/de"),
        ("https://shop.example.com/wp-json/wc/v3/", "https://shop.example.com"),
        ("https://shop.example.com/x/wp-admin/index.php", "https://shop.example.com/x"),
    ],
)
def test_an_address_is_understood_as_people_copy_it(given, expected):
    assert client.normal_url(given) == expected


@pytest.mark.parametrize(
    "given",
    ["", "ftp://shop.example.com", "https://a:b@shop.example.com", "http://:80", "http://a:x"],
)
def test_what_is_no_address_is_refused(given):
    with pytest.raises(base.RejectedError) as caught:
        client.normal_url(given)
    assert caught.value.code == "bad_url"


@pytest.mark.parametrize("key", ["", " ", "ck_\u00fc", "ck_a\nb"])
def test_a_key_that_cant_be_one_is_refused_before_any_call(key):
    with pytest.raises(base.CredentialsError) as caught:
        client.Client(SHOP, key, SECRET)
    assert caught.value.code == "bad_key"


# What is understood


def test_an_answer_has_data_total_and_the_stores_clock(shop, wire):
    wire.get(
        ORDERS,
        json=[{"id": 1}],
        headers={"X-WP-Total": "17", "Date": "Sun, 22 Nov 2026 07:40:15 GMT"},
    )
    answer = shop.get("orders")
    assert (answer.data, answer.total, answer.clean) == ([{"id": 1}], 17, True)
    assert answer.sent_at == dt.datetime(2026, 11, 22, 7, 40, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("body", "data", "clean"),
    [
        (b'\xef\xbb\xbf[{"a": 1.50}]', [{"a": 1.5}], True),
        (rb'["a\u0000"]', ["a\x00"], False),
        (rb'["\ud83d", "\ud83d\ude00"]', ["\ud83d", "😀"], False),
        (rb'["\ud83d", 99999999999999999999999]', ["\ud83d", 1e23], False),
    ],
)
def test_json_is_read_as_php_writes_it(shop, wire, body, data, clean):
    wire.get(ORDERS, body=body)
    answer = shop.get("orders")
    assert (answer.data, answer.clean) == (data, clean)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "not_json", "empty"),
        (b"<br />\n<b>Warning</b>:  Undefined key in <b>x.php</b>\n[]", "not_json", "PHP message"),
        (b"PHP Deprecated: x in y\n[]", "not_json", "PHP message"),
        (b'[{"id": 1}, {"id', "not_json", "cut off"),
        (b"[NaN]", "not_json", "cut off"),
        (b"<!DOCTYPE html><form action='/wp-login.php'>", "login_page", "login page"),
        (b"<html><h1>Briefly unavailable for maintenance</h1>", "maintenance", "maintained"),
        (b"<html><p>There has been a critical error</p>", "not_json", "fatal error"),
        (b"<html><h1>Coming soon</h1></html>", "not_json", "web page"),
    ],
)
def test_what_is_not_json_is_told_apart(shop, wire, body, code, words):
    wire.get(ORDERS, body=body)
    with pytest.raises(base.RetryableError, match=words) as caught:
        shop.get("orders", retry=patience.HASTY)
    assert caught.value.code == code


def test_an_answer_that_is_too_large_is_not_read_to_its_end(running):
    running.knobs.bloat = 1
    running.shop.add_customer({"first_name": "", "last_name": "", "email": "a@example.com"})
    found = client.Client(running.url, running.key, running.secret, largest=5 * 1024**2)
    with pytest.raises(base.RejectedError, match="larger than 5 MB") as caught:
        found.get("customers")
    assert caught.value.code == "too_large"
    found.close()


# What is refused

VIEW = "woocommerce_rest_cannot_view"
AUTHENTICATION = "woocommerce_rest_authentication_error"


@pytest.mark.parametrize(
    ("status", "code", "message", "expected", "words"),
    [
        (401, VIEW, "Sorry, you cannot list resources.", "bad_key", "does not know this API key"),
        (401, AUTHENTICATION, "Consumer secret is invalid.", "bad_secret", "secret is wrong"),
        (401, AUTHENTICATION, "Consumer key is invalid.", "bad_key", "does not know this API key"),
        (401, AUTHENTICATION, "Invalid signature - provided signature does not match.",
         "bad_signature", "secret is wrong"),
        (401, AUTHENTICATION, "Invalid timestamp.", "clock", "15 minutes"),
        (401, AUTHENTICATION, "The API key provided does not have read permissions.",
         "write_only", "may only write"),
        (401, AUTHENTICATION, "The API key provided does not have write permissions.",
         "read_only", "may only read"),
        (401, AUTHENTICATION, "Das Geheimnis ist falsch.", "bad_credentials", "Check both"),
        (403, VIEW, "Sorry, you cannot list resources.", "forbidden", "shop manager"),
    ],
)  # fmt: skip
def test_credentials_that_are_refused_say_why(shop, wire, status, code, message, expected, words):
    wire.get(ORDERS, status=status, json=problem(code, message))
    with pytest.raises(base.CredentialsError, match=words) as caught:
        shop.get("orders")
    assert caught.value.code == expected
    assert len(wire.calls) == 1


def test_a_signature_that_came_twice_is_made_anew(shop, wire):
    wire.get(ORDERS, status=401, json=problem(AUTHENTICATION, "Invalid nonce - used before."))
    wire.get(ORDERS, json=[])
    assert shop.get("orders").data == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "error", "code"),
    [
        (404, problem("rest_no_route"), {}, base.RejectedError, "rest_no_route"),
        (400, problem("rest_invalid_param"), {}, base.RejectedError, "rest_invalid_param"),
        (410, problem("woocommerce_rest_already_trashed"), {}, base.RejectedError,
         "woocommerce_rest_already_trashed"),
        (500, problem("woocommerce_rest_cannot_create_order_refund", data=500), {},
         base.RejectedError, "woocommerce_rest_cannot_create_order_refund"),
        (500, problem("custom_error", data=404), {}, base.RejectedError, "custom_error"),
        (501, problem("woocommerce_rest_trash_not_supported"), {}, base.RejectedError,
         "woocommerce_rest_trash_not_supported"),
        (404, "<html>Not found</html>", {}, base.RejectedError, "no_api"),
        (404, {"error": "not found"}, {}, base.RejectedError, "no_api"),
        (403, "<html>Blocked</html>", {}, base.RejectedError, "blocked"),
        (401, "<html>Password</html>", {"WWW-Authenticate": "Basic"}, base.CredentialsError,
         "server_password"),
        (405, "", {}, base.RejectedError, "http_405"),
    ],
)  # fmt: skip
def test_what_will_be_refused_again_is_not_tried_again(
    shop, wire, status, body, headers, error, code
):
    content = {"body": body} if isinstance(body, str) else {"json": body}
    wire.get(ORDERS, status=status, headers=headers, **content)
    with pytest.raises(error) as caught:
        shop.get("orders")
    assert caught.value.code == code
    assert len(wire.calls) == 1


def test_a_stores_own_message_is_not_repeated(shop, wire):
    message = "An account is already registered with ida@example.com."
    wire.get(ORDERS, status=400, json=problem("registration-error-email-exists", message))
    with pytest.raises(base.RejectedError) as caught:
        shop.get("orders")
    assert "ida" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "location", "words"),
    [
        ("http://shop.example.com", "https://shop.example.com/wp-json/wc/v3/orders?oauth_nonce=1",
         r"^Use https://shop\.example\.com as the address\. The store wants .* HTTPS\.$"),
        (SHOP, "https://www.example.com/de/wp-json/wc/v3/orders",
         r"^Use https://www\.example\.com/de as the address\."),
        (SHOP, "/wp-json/wc/v3/orders/", "redirect inside itself"),
        (SHOP, "https://shop.example.com/wp-login.php?redirect_to=x", "login page"),
        (SHOP, "", "redirect inside itself"),
    ],
)  # fmt: skip
def test_a_redirect_is_explained_and_not_followed(wire, url, location, words):
    wire.get(f"{url}/wp-json/wc/v3/orders", status=301, headers={"Location": location})
    found = client.Client(url, KEY, SECRET)
    with pytest.raises(base.StoreError, match=words):
        found.get("orders", retry=patience.HASTY)
    assert len(wire.calls) == 1
    found.close()


# What is tried again


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, "{}"),
        (429, '{"code": "rest_too_many", "message": "", "data": {"status": 429}}'),
        (500, "<p>There has been a critical error on this website.</p>"),
        (500, '{"code": "internal_server_error", "message": "", "data": {"status": 500}}'),
        (502, ""),
        (503, "<h1>Briefly unavailable for scheduled maintenance.</h1>"),
        (504, ""),
        (520, ""),
    ],
)
def test_what_may_pass_is_tried_again_after_a_pause(shop, wire, clock, status, body):
    wire.get(ORDERS, status=status, body=body)
    wire.get(ORDERS, status=status, body=body)
    wire.get(ORDERS, json=[7])
    assert shop.get("orders").data == [7]
    assert clock.slept == [0.5, 1.0]
    assert shop.request_count == 3


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("Connection aborted."),
        requests.ReadTimeout("Read timed out."),
        requests.exceptions.ChunkedEncodingError("broken"),
    ],
)
def test_a_connection_that_breaks_is_made_again(shop, wire, error):
    wire.get(ORDERS, body=error)
    wire.get(ORDERS, json=[7])
    assert shop.get("orders").data == [7]


def test_attempts_come_to_an_end(shop, wire, clock):
    wire.get(ORDERS, status=503)
    with pytest.raises(base.RetryableError, match="overloaded or down") as caught:
        shop.get("orders")
    assert caught.value.code == "unavailable"
    assert shop.request_count == 5
    assert clock.slept == [0.5, 1.0, 2.0, 4.0]


def test_attempts_end_when_their_time_is_over(wire, clock):
    found = client.Client(
        SHOP, KEY, SECRET, sleep=clock.sleep, clock=lambda: clock.now, draw=lambda: 0.0
    )
    wire.get(ORDERS, status=429, headers={"Retry-After": "110"})
    with pytest.raises(base.RetryableError) as caught:
        found.get("orders")
    assert (clock.slept, caught.value.retry_after) == ([110.0, 110.0], 110.0)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7.5),
        ("9999", 120.5),
        ("Sun, 22 Nov 2026 07:40:45 GMT", 30.5),
        ("Sun, 22 Nov 2026 07:39:00 GMT", 0.5),
        ("soon", 0.5),
    ],
)
def test_a_pause_is_at_least_what_the_store_asks_for(shop, wire, clock, header, pause):
    sent = "Sun, 22 Nov 2026 07:40:15 GMT"
    wire.get(ORDERS, status=429, headers={"Retry-After": header, "Date": sent})
    wire.get(ORDERS, json=[])
    shop.get("orders")
    assert clock.slept == [pause]


def test_closing_ends_the_wait_for_another_attempt(running):
    running.knobs.throttle, running.knobs.retry_after = 99, "60"
    found = client.Client(running.url, running.key, running.secret)
    future = found.submit("orders")
    while not running.application.log:
        time.sleep(0.01)
    found.close()
    assert isinstance(future.exception(timeout=5), base.RetryableError)


# Writing


def test_a_write_is_made_once_and_its_answer_read(shop, wire):
    wire.put(f"{ORDERS}/5", json={"id": 5}, match=[matchers.json_params_matcher({"status": "x"})])
    assert shop.put("orders/5", {"status": "x"}).data == {"id": 5}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": "<p>critical error</p>"},
        {"status": 504},
        {"status": 200, "body": "<html>"},
        {"body": requests.ReadTimeout("Read timed out.")},
        {"body": requests.ConnectionError("Connection aborted.")},
    ],
)
def test_a_write_without_a_clear_answer_is_of_unknown_outcome(shop, wire, answer):
    wire.put(f"{ORDERS}/5", **answer)
    with pytest.raises(base.OutcomeUnknownError, match="Whether the change was made"):
        shop.put("orders/5", {})
    assert shop.request_count == 1


def test_a_write_that_was_held_back_may_be_made_again(shop, wire):
    wire.put(f"{ORDERS}/5", status=429)
    with pytest.raises(base.RetryableError):
        shop.put("orders/5", {})
    assert shop.request_count == 1


def test_a_write_that_is_a_mistake_is_refused(shop, wire):
    wire.put(f"{ORDERS}/5", status=500, json=problem("woocommerce_rest_invalid_order_refund"))
    with pytest.raises(base.RejectedError):
        shop.put("orders/5", {})


# What can't be reached


def failure(url, **options):
    found = client.Client(url, KEY, SECRET, **options)
    with pytest.raises(base.StoreError) as caught:
        found.get("orders", retry=patience.HASTY)
    found.close()
    return caught.value


def test_a_port_where_nobody_listens_is_refused():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}")
    assert (type(error), error.code) == (base.RetryableError, "refused")
    assert f"127.0.0.1:{port} refuses connections" in str(error)


def test_a_name_that_nobody_has_is_told():
    error = failure("http://shop.invalid")
    assert (type(error), error.code) == (base.RetryableError, "dns")
    assert "no server named shop.invalid" in str(error)


def test_a_store_that_does_not_answer_times_out(running):
    running.knobs.latency = 0.5
    error = failure(running.url, timeout=(1, 0.05))
    assert (type(error), error.code) == (base.RetryableError, "timeout")


def test_an_answer_that_is_cut_is_told(running):
    running.knobs.cut = 1
    running.shop.add_customer({"first_name": "", "last_name": "", "email": "a@example.com"})
    found = client.Client(running.url, running.key, running.secret)
    with pytest.raises(base.RetryableError) as caught:
        found.get("customers", retry=patience.HASTY)
    assert caught.value.code in ("truncated", "connection_lost")
    found.close()


# Certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A store's own certificate for 127.0.0.1, with its key, that no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "shop.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def secure(certificate):
    with server.running(certificate=certificate) as found:
        yield found


def test_a_store_with_its_own_certificate_is_reached_with_its_file(secure, certificate):
    found = client.Client(secure.url, secure.key, secure.secret, ca_bundle=str(certificate))
    assert found.get("orders").data == []
    found.close()


def test_the_environments_certificates_dont_win_over_the_stores(
    secure, certificate, monkeypatch, tmp_path
):
    other = tmp_path / "other.pem"
    other.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(other))
    found = client.Client(secure.url, secure.key, secure.secret, ca_bundle=str(certificate))
    assert found.get("orders").data == []
    found.close()


def test_an_environment_that_names_no_file_of_certificates_is_told(secure, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    assert failure(secure.url).code == "ca_bundle"


def test_an_unknown_certificate_says_what_to_do(secure):
    error = failure(secure.url)
    assert (type(error), error.code) == (base.RejectedError, "tls_untrusted")
    assert "--ca-bundle" in str(error)


def test_a_certificate_for_another_name_is_told(secure, certificate):
    error = failure(secure.url.replace("127.0.0.1", "localhost"), ca_bundle=str(certificate))
    assert error.code == "tls_name"


def test_https_where_plain_http_is_spoken_is_told(running):
    error = failure(running.url.replace("http:", "https:"))
    assert (type(error), error.code) == (base.RejectedError, "tls")


@pytest.mark.parametrize(("content", "words"), [(None, "does not exist"), ("x", "no certificate")])
def test_a_file_of_certificates_that_is_none_is_refused_before_any_call(tmp_path, content, words):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(base.RejectedError, match=words) as caught:
        client.Client(SHOP, KEY, SECRET, ca_bundle=str(file))
    assert caught.value.code == "ca_bundle"


def test_a_store_on_this_machine_is_not_asked_for_through_a_proxy(running, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    found = client.Client(running.url, running.key, running.secret)
    assert found.get("orders").data == []
    found.close()


# Secrets


def test_nothing_that_is_logged_or_raised_holds_a_credential(running, caplog):
    caplog.set_level(logging.DEBUG)
    found = client.Client(running.url, running.key, running.secret)
    found.get("orders", {"status": "any"})
    running.knobs.fail = 1
    texts = []
    for url, key, secret in (
        (running.url, running.key, running.secret),
        (running.url, running.key, "cs_wrong"),
        ("http://127.0.0.1:9", running.key, running.secret),
    ):
        other = client.Client(url, key, secret)
        with pytest.raises(base.StoreError) as caught:
            other.get("orders", retry=patience.HASTY)
        texts += traceback.format_exception(caught.value)
        assert caught.value.__context__ is None
        other.close()
    found.close()
    everything = "".join(texts) + caplog.text
    for secret in (running.key, running.secret, "oauth_", "cs_wrong"):
        assert secret not in everything


# Threads


def test_pages_are_fetched_in_other_threads_up_to_the_limit(running):
    running.knobs.latency = 0.05
    found = client.Client(running.url, running.key, running.secret, concurrency=2)
    before = set(threading.enumerate())
    futures = [found.submit("orders") for _ in range(6)]
    assert [future.result().data for future in futures] == [[]] * 6
    started = set(threading.enumerate()) - before
    assert sum(thread.name == "store-page" for thread in started) == 2
    found.close()
    assert found.submit("orders").cancelled()
