"""Find and repair discrepancies between records, store and spool.

Crashes, outages and lost databases cause them. Servers may run at the same time, so listings are
never trusted: each discrepancy is checked again before it is reported or repaired, and every
repair goes through the records' `insert` or `compare_and_swap`.
"""
