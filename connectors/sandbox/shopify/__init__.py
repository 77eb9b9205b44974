"""A stand-in Shopify store: its GraphQL Admin API, bulk operations and webhooks, over HTTP."""
