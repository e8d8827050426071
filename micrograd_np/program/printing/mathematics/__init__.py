"""The equations of a program, in LaTeX and MathML."""
