"""The key's process: holds the seed of the token keys, answers blinded elements, knows nothing else.

It has no database and no people; the hub signs in to it with a bearer secret. It imports `hub.tokens` and nothing else
of the hub, so that it can run on a machine, and under an operator, of its own.
"""
