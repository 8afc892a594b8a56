"""Invented SEM frames that are hard to read, with planted truth: what reading micrographs is measured on."""
