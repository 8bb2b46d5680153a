"""The pages of the orders service, a module for each group of users."""
