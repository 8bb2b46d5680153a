"""The rules of orders: no web, database, broker or clock in here."""
