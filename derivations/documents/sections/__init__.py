"""The sections of a document, one file each, in terms of blocks and formulas."""
