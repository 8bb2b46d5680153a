"""The rules of production: no web, database, broker or clock in here."""
