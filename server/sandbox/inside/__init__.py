"""The code that runs in the fenced processes.

A fresh interpreter loads this package alone, without the rest of Hookbench, so that its memory never holds secrets.
Therefore the package imports only the standard library, the engine and itself, by relative imports.
"""
