"""How fast the storefront API answers: `python -m benchmarks.api`."""
