"""The parts of the page, one per file: from a run's record to a ``Section`` with verdicts, tables and figures."""
