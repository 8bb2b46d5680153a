"""The pages of the production service, a module for each group of users."""
