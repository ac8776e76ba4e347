"""The queries: one file each, with its contract in the header, and the catalogue that reads them."""
