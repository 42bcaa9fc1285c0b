"""`python -m tests.bench`: how long the real thing takes, at several sizes. It judges no time."""
