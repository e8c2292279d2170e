"""What a recording comes to: runs found on disk, joules by device, steps, the job's part, words for people.

Everything here is derived from segments and rings, and can be derived again; nothing here touches a sensor.
"""
