"""Compiled loops of the overlay (叠加分析的编译内核): no GEOS in here.

Only areas are wanted, so what is clipped need not be a valid polygon: clipping a ring by a convex
window may leave edges that run out and back along the window's side, and their areas cancel.
Shells run counter-clockwise, holes clockwise, rings are not closed by their first point.

What is compiled is kept on disk, by the file that it is in: a loop and all that it calls are in one
file, so that no edit leaves something stale. An edit compiles the file anew at its next use.
"""
