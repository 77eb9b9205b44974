"""Recommendations in the console."""

from __future__ import annotations

import pytest

from recommendations.models import RecommendationLog
from tests.factories import CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_products_stand_in_their_order_and_unknown_ones_are_called_so(admin_client):
    customer = CustomerFactory(name="Ann")
    ProductFactory(connector=customer.connector, sku="B", title="Bowl")
    log = RecommendationLog.objects.create(customer=customer, recommendations=["B", "<b>gone</b>"])
    body = admin_client.get(
        f"/admin/recommendations/recommendationlog/{log.pk}/change/"
    ).content.decode()
    assert body.index("Bowl (B)") < body.index("&lt;b&gt;gone&lt;/b&gt; (not in the catalogue)")
    assert "Ann" in admin_client.get("/admin/recommendations/recommendationlog/").content.decode()
