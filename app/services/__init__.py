"""The service modules: each wraps one client and implements a port. All the I/O there is."""
