"""The verbs of on-call; `following` is what quotes do to a request, and knows nothing of them."""
