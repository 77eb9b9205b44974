"""What staff see and click of refunds and address changes."""
