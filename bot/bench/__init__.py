"""`kaiwa bench`: what the engine does on a machine, side by side with its peers.

`workload.py` says what is asked, `measure.py` asks and takes the times, one file a party says
how it is asked; `suite.py` puts a run together, `targets.py` and `report.py` say how it went.
"""
