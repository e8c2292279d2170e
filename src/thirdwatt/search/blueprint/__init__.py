"""The blueprint that trains a mix of models with the least energy: every design priced by the ledger.

>>> from thirdwatt.search.blueprint import search
>>> search("b200-sxm-180gb").best.factor > 1
True
"""
