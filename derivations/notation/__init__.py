"""One grammar for plain, Unicode and LaTeX notation, and the printers back to Unicode and LaTeX."""
