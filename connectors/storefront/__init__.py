"""What every endpoint of the storefront API has in common; apps add theirs in ``api.py``."""
