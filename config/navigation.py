"""The sidebar: what each member of staff may open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

Entry = tuple[str, str, str, str]

# title, icon, address, permission
GROUPS: list[tuple[str, list[Entry]]] = [
    ("", [("Today", "dashboard", "index", "")]),
    (
        "Shop",
        [
            ("Orders", "receipt_long", "orders_platformorder_changelist",
             "orders.view_platformorder"),
            ("Customers", "group", "orders_platformcustomer_changelist",
             "orders.view_platformcustomer"),
            ("Products", "sell", "catalog_platformproduct_changelist",
             "catalog.view_platformproduct"),
            ("Line items", "list", "orders_orderitem_changelist", "orders.view_orderitem"),
        ],
    ),
    (
        "Requests",
        [
            ("Refunds", "currency_exchange", "support_refundrequest_changelist",
             "support.view_refundrequest"),
            ("Address changes", "local_shipping", "support_addressupdaterequest_changelist",
             "support.view_addressupdaterequest"),
        ],
    ),
    (
        "Storefront",
        [
            ("Recommendations", "recommend", "recommendations_recommendationlog_changelist",
             "recommendations.view_recommendationlog"),
            ("Recommendation models", "model_training", "recommendations_training_changelist",
             "recommendations.view_training"),
            ("Not recommended", "block", "recommendations_blocked_changelist",
             "recommendations.view_blocked"),
            ("Try-on", "checkroom", "tryon_tryonsession_changelist", "tryon.view_tryonsession"),
            ("Wearable products", "eyeglasses", "tryon_wearableproduct_changelist",
             "tryon.view_wearableproduct"),
            ("Rules for kinds", "rule", "tryon_kindrule_changelist", "tryon.view_kindrule"),
            ("Keys", "key", "connectors_storefrontkey_changelist",
             "connectors.view_storefrontkey"),
        ],
    ),
    (
        "Stores",
        [
            ("Stores", "storefront", "connectors_connectorconfig_changelist",
             "connectors.view_connectorconfig"),
            ("Sync runs", "sync", "connectors_syncrun_changelist", "connectors.view_syncrun"),
            ("Sync notes", "flag", "connectors_syncnote_causes", "connectors.view_syncnote"),
            ("Webhooks", "webhook", "connectors_webhookdelivery_changelist",
             "connectors.view_webhookdelivery"),
            ("Privacy", "shield_person", "connectors_privacyrequest_changelist",
             "connectors.view_privacyrequest"),
            ("Sync cursors", "bookmark", "connectors_synccursor_changelist",
             "connectors.view_synccursor"),
        ],
    ),
    (
        "Staff",
        [
            ("Staff", "badge", "auth_user_changelist", "auth.view_user"),
            ("Groups", "groups", "auth_group_changelist", "auth.view_group"),
        ],
    ),
]  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links that this member of staff may open, none of them empty."""
    groups = []
    for title, entries in GROUPS:
        items = [_item(entry, request) for entry in entries if _may_open(entry, request)]
        if items:
            groups.append({"title": title, "separator": bool(title), "items": items})
    return groups


def _may_open(entry: Entry, request: HttpRequest) -> bool:
    return not entry[3] or request.user.has_perm(entry[3])


def _item(entry: Entry, request: HttpRequest) -> dict[str, Any]:
    title, icon, name, _ = entry
    link = reverse(f"admin:{name}")
    section = link.removesuffix("causes/")
    active = request.path == link if name == "index" else request.path.startswith(section)
    return {"title": title, "icon": icon, "link": link, "active": active}
