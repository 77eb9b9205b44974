"""What a customer's next order will hold, from orders alone: plain arrays, no Django.

``histories`` holds baskets, ``statistics`` what is learnt from many of them, ``features`` what is
known of a customer and a SKU, ``hybrid`` the model; ``baselines`` and ``measures`` are what it is
held against.
"""
