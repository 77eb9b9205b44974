"""What the sandbox stores sell to wear: as products, and as pictures under the same roof."""

from __future__ import annotations

import io

import pytest
import requests
from PIL import Image
from requests_oauthlib import OAuth1

from connectors.sandbox import assortment, sample, server, wearables
from connectors.sandbox.shop import Shop
from connectors.sandbox.shopify import goods
from connectors.sandbox.shopify.server import running_shopify
from connectors.sandbox.shopify.shop import ShopifyShop

QUERY = "query P { products(first: 5) { nodes { featuredMedia { preview { image { url } } } } } }"


def opened(address):
    answer = requests.get(address, timeout=30)
    assert answer.status_code == 200
    return answer.headers["Content-Type"], Image.open(io.BytesIO(answer.content))


def test_woocommerce_serves_a_products_picture_where_its_data_says():
    shop = Shop()
    found = assortment.build(sample.load().products, shop.clock())
    [product] = [one for one in found.products if one["sku"] == "WEAR-DROPS"]
    shop.store("product", product)
    with server.running(shop) as store:
        answer = requests.get(
            f"{store.url}/wp-json/wc/v3/products/{product['id']}", timeout=10,
            auth=OAuth1(
                store.key, store.secret, signature_method="HMAC-SHA256", signature_type="query"
            ),
        )  # fmt: skip
        address = answer.json()["images"][0]["src"]
        assert address == f"{store.url}/pictures/wear-drops.png"
        kind, picture = opened(address)
        assert (kind, picture.mode) == ("image/png", "RGBA")
        assert requests.get(f"{store.url}/pictures/none.png", timeout=10).status_code == 404


def test_shopify_serves_a_products_picture_where_its_data_says():
    shop = ShopifyShop()
    shop.add_product(goods.ProductSpec(title="Hoops", image=wearables.address("WEAR-HOOPS")))
    with running_shopify(shop) as store:
        # As `manage.py sandbox` runs it: where it is, only a request says.
        store.application.address = ""
        answer = requests.post(
            f"{store.url}/admin/api/2026-10/graphql.json", json={"query": QUERY},
            headers={"X-Shopify-Access-Token": store.token}, timeout=10,
        )  # fmt: skip
        [node] = answer.json()["data"]["products"]["nodes"]
        address = node["featuredMedia"]["preview"]["image"]["url"]
        assert address == f"{store.url}/pictures/wear-hoops.jpg"
        kind, picture = opened(address)
        assert (kind, picture.mode) == ("image/jpeg", "RGB")


@pytest.mark.parametrize("article", wearables.ARTICLES, ids=lambda one: one.sku)
def test_every_article_has_a_picture_of_its_own(article):
    with Image.open(io.BytesIO(wearables.picture(article.sku))) as found:
        assert min(found.size) >= 200
        assert found.format == ("JPEG" if article.on_white else "PNG")
