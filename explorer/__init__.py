"""The lineage page: a local server over either engine, and the same view as one file."""
