"""Variants: a stored image at other sizes, in other formats and with effects, for nothing.

`spec` says what can be asked for, without loading any pixel library; `vary` makes it.
"""
