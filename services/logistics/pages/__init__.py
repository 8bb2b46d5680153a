"""The pages of the logistics service, a module for each group of users."""
