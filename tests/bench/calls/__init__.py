"""Calls outside: through the portal's whole dial plan, and through one of a single line, written by hand."""
