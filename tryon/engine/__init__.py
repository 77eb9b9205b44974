"""A photo, a product's picture, and the product on the person: Pillow, numpy and LiteRT.

Imports no Django. Coordinates are pixels, x right and y down, z away from the camera in the same
unit; left and right are the picture's unless they are said to be the person's.
"""
