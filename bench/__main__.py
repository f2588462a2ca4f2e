"""`make bench`: run every measurement and print its table."""

from bench import generation, imports

imports.main()
generation.main()
