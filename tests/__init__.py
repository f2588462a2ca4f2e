"""The tests, and the servers, fakes and guards that they stand on."""

import sys

# Before anything else is imported: otherwise each process of a run compiles the whole service.
sys.dont_write_bytecode = False
