"""Which files are certificates of a right, and how long the register keeps them."""

from collections.abc import Mapping
from datetime import timedelta

from hub.evidence.rules import Media

LARGEST = 10 * 2**20
"""Bytes of one certificate."""
MOST_KEPT = 2 * 10**9
"""Bytes of the certificates that the register keeps of one member."""
KEPT_AFTER_THE_END = timedelta(days=180)
"""How long after a right's last day its certificate is kept: for about so long offices renew late."""
SUFFIXES: Mapping[Media, str] = {Media.PDF: "pdf", Media.PNG: "png", Media.JPEG: "jpg"}
"""What a certificate is, and how the name of a copy ends that a verifier keeps."""
