"""Stands in for the process that reads mails: it never answers."""

import time

time.sleep(60)
