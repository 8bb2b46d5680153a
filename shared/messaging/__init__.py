"""Every committed event takes effect exactly once in every subscriber's database, in order.

The broker is a fast wire that may lose anything at any moment. The outbox row is the truth until
the subscriber says that it stored the event; docs/messaging.md tells the protocol.
"""
