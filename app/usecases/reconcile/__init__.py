"""Brings rows and objects together again after crashes, outages and lost parts.

It runs beside servers, so it trusts no listing: what looks wrong is looked at again before it is
told or touched, and every repair goes through the records' insert and exchange.
"""
