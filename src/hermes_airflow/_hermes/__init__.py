"""The modules of Hermes that the operator needs: in this tree links to the one source, in the wheel copies.

So the operator's distribution brings none of the command line's dependencies, and both may be
installed side by side.
"""
