"""A PDF as a reader sees it."""

import io

import pikepdf
from pypdf import PdfReader


def pages(pdf: bytes) -> list[str]:
    """The text of each page, with every kind of space as an ordinary one."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def metadata(pdf: bytes) -> str:
    file = opened(pdf)  # what is in it lives as long as it does
    return file.Root.Metadata.read_bytes().decode()


def dictionaries(file: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Every dictionary and stream of a file."""
    return [one for one in file.objects if isinstance(one, pikepdf.Dictionary | pikepdf.Stream)]
