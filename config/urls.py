from typing import Any

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from connectors import views
from tryon import demo
from tryon import views as tryon


class Favicon(RedirectView):
    """Browsers ask for it here, whatever the page says."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return static("storekeep/icon.svg")


handler500 = "config.api.server_error"

urlpatterns = [
    path("favicon.ico", Favicon.as_view()),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("try-on/pictures/<str:token>", tryon.picture, name="tryon-picture"),
    path("try-on/demo/", demo.page, name="tryon-demo"),
    path("try-on/demo/pictures/<slug:sku>", demo.product_picture, name="tryon-demo-picture"),
    path("try-on/demo/sessions/", demo.SessionsView.as_view(), name="tryon-demo-sessions"),
    path("try-on/demo/session/", demo.SessionView.as_view(), name="tryon-demo-session"),
    path("webhooks/<uuid:connector_id>/", views.receive_webhook, name="webhooks"),
]
