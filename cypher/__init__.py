"""The queries: one file each, with its contract in the header; the catalogue reads them."""
