"""The arguments that judge claims, one idea in each file; a claim names one and gives what it is about."""
