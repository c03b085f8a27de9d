"""Persons' data (个人信息): seen in clear for a reason alone, kept no longer than its ground allows, erased on request."""
