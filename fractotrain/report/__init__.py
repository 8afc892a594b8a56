"""`fracto report`: one self-contained page about a run. Reads the catalog, computes, writes files; needs no torch."""
