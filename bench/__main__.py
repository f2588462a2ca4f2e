"""`make bench`: run every measurement and print its table."""

from bench import imports

imports.main()
