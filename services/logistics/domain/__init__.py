"""The rules of logistics: no web, database, broker or clock in here."""
