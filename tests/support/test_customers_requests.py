"""What customers ask for through a storefront, as staff find it and decide on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from support import addressing, payloads, policy, services, storefront, tasks
from support.destinations import content_hash
from support.models import RefundLimit, RefundReason, StorefrontAnswer
from support.services import WantedLine
from tests import factories
from tests.storefront.asking import YORK, order_of

ZERO = storefront.ZERO


def member(name, group):
    user = User.objects.create_user(name, password="pass-word-1", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def agent(db):
    return member("ann", "agent")


@pytest.fixture
def lead(db):
    return member("lee", "lead")


@pytest.fixture
def order(db):
    shop = factories.ConnectorFactory(key_prefix="", currency="GBP", writes_enabled=True)
    return order_of(shop, factories.CustomerFactory(connector=shop))


def refund(order, quantity=1):
    line = WantedLine(remote_id=order.items.get().remote_id, quantity=quantity)
    return storefront.ask_refund(
        order=order, lines=[line], shipping=ZERO, reason="damaged", note="It broke."
    )


def approve(request, actor):
    content = payloads.content_hash(request)
    return services.approve_refund(request=request, actor=actor, content=content)


def test_an_agent_approves_an_ordinary_refund_of_a_customer(order, agent):
    assert approve(refund(order), agent).stage == "holding"


def test_an_agent_declines_it(order, agent):
    found = services.decline_refund(request=refund(order), actor=agent, reason="Not broken.")
    assert (found.stage, found.status) == ("rejected", "failed")


def test_not_above_the_agents_limit(order, agent):
    RefundLimit.objects.filter(group__name="agent").update(amount=5)
    request = refund(order)
    with pytest.raises(policy.NotAllowedError, match="more than your limit"):
        approve(request, agent)
    request.refresh_from_db()
    assert request.stage == "awaiting_approval"


def test_what_speaks_for_a_second_person_needs_a_lead(order, agent, lead, settings):
    settings.REFUND_OLD_ORDER_DAYS = 1
    request = refund(order)
    assert len(request.approval_reasons) == 2
    for decide in (approve, lambda one, who: services.decline_refund(
        request=one, actor=who, reason="No."
    )):  # fmt: skip
        with pytest.raises(policy.NotAllowedError):
            decide(request, agent)
    request.refresh_from_db()
    assert request.stage == "awaiting_approval"
    assert approve(request, lead).stage == "holding"


def test_a_viewer_approves_nothing(order):
    with pytest.raises(policy.NotAllowedError):
        approve(refund(order), member("vic", "viewer"))


def test_what_staff_ask_for_still_needs_a_lead(order, agent):
    request = refund(order)
    request.asked_by_customer = False
    request.save(update_fields=["asked_by_customer"])
    with pytest.raises(policy.NotAllowedError):
        approve(request, agent)


def test_an_agent_approves_a_customers_address_change(order, agent):
    request = storefront.ask_address(order=order, address=YORK)
    done = addressing.approve_address(request=request, actor=agent, content=content_hash(request))
    assert done.stage == "checking"


def test_the_console_says_that_a_customer_asked(client, order, agent):
    request = refund(order)
    change = storefront.ask_address(order=order, address=YORK)
    client.force_login(agent)
    for name, row in (("refundrequest", request), ("addressupdaterequest", change)):
        listed = client.get(f"/admin/support/{name}/?queue=approval&asked_by_customer__exact=1")
        assert b"the customer" in listed.content
        assert str(row.pk) in listed.content.decode()
        page = client.get(f"/admin/support/{name}/{row.pk}/change/").content.decode()
        assert "asked for by the customer" in page
        assert "The customer asked for it. Nothing is sent until staff approve it." in page
        assert "Approve" in page
    others = client.get("/admin/support/refundrequest/?asked_by_customer__exact=0")
    assert str(request.pk) not in others.content.decode()


def test_reasons_that_are_no_customers_are_not_offered(db):
    offered = set(RefundReason.objects.filter(for_customers=True).values_list("code", flat=True))
    assert {"damaged", "late", "changed_mind"} <= offered
    assert not offered & {"fraud", "goodwill"}


def test_answers_are_forgotten_after_their_time(order, settings):
    settings.API_IDEMPOTENCY_HOURS = 48
    for hours in (47, 49):
        StorefrontAnswer.objects.create(
            caller="c", key=str(hours), digest="d", order_id=order.order_id, body="{}",
            platform=order.platform, created_at=timezone.now() - timedelta(hours=hours),
        )  # fmt: skip
    tasks.forget_answers()
    tasks.forget_answers()
    assert [one.key for one in StorefrontAnswer.objects.all()] == ["47"]
