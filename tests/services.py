"""Loaded by pytest before the settings: starts or joins the embedded services."""

from config import embedded

embedded.start()
