"""`make chaos`: the whole portal under random faults, and whether what its pages said was true."""
