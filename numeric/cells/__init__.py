"""Generated modules, one for each cell of the catalogue; each needs NumPy only and can be copied alone."""
