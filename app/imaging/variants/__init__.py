"""Variants: a stored image at other sizes, in other formats and with effects, for nothing.

`variant` holds the parameters, without loading any pixel library; `render` computes the image.
"""
