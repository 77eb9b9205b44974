"""The console: Storekeep's own admin site."""

from unfold.sites import UnfoldAdminSite

from compositekeys.admin import CompositeKeySiteMixin


class ConsoleSite(CompositeKeySiteMixin, UnfoldAdminSite):
    """Where staff work."""
