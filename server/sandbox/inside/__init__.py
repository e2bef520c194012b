"""What runs in the fenced processes.

A fresh interpreter loads this package alone, without the rest of Hookbench, so that nothing worth stealing was ever
in its memory. Hence the relative imports, and nothing but the standard library and the engine.
"""
