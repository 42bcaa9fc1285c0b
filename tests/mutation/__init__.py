"""`python -m tests.mutation`: what no test misses. Each change is made in a copy of the project."""
