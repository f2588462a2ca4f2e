"""The tests, and the servers, fakes and guards that they stand on."""
