"""The embedded engine: a plain Java child process on loopback, shared by commands."""
