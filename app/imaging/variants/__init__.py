"""Variants of a stored image: other sizes, other formats and effects.

`variant` holds the parameters and loads no pixel library; `render` computes the image.
"""
