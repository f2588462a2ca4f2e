"""Variants of a stored image: other sizes, formats and effects, at no cost of generation.

`variant` holds the parameters and loads no pixel library; `render` computes the image.
"""
