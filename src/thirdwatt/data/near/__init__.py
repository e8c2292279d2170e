"""Near duplicates: documents that share most of their runs of five words, found by hashes and then counted exactly.

:mod:`.reference` is the definition, in plain Python. :mod:`.words_numpy` is always there and :mod:`.words_numba` fast;
both give its hashes to the bit. :mod:`.bands` puts documents that may be alike into buckets, :mod:`.rule` says when
they are, :mod:`.kept` spares a second reading, and :mod:`.find` does all of it.
"""
