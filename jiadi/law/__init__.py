"""The law 法规: dated, cited figures and rules by division, as data."""

from __future__ import annotations

from jiadi.law.citation import Citation
from jiadi.law.dense import DenseArray, Found
from jiadi.law.lawset import LawSet, RuleFile, Value, breakpoints
from jiadi.law.load import default_for, load, shipped
from jiadi.law.parameter import Parameter

__all__ = ["Citation", "DenseArray", "Found", "LawSet", "Parameter", "RuleFile", "Value", "breakpoints", "default_for", "load", "shipped"]
