"""Where each kind of product lies on a person, what hides it, and what shadow it throws."""
