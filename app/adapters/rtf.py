"""The text of a mail that Outlook wrapped up as compressed RTF only (MS-OXRTFCP). Runs where mails are read."""

from compressed_rtf import decompress
from striprtf.striprtf import rtf_to_text

from app.adapters.mail_time import within

LARGEST = 256 * 1024  # bytes, compressed; they become at most eight times as many
SECONDS = 2
BEGINNING = r"{\rtf"


def text_of_rtf(compressed: bytes) -> str:
    """What a reader of the RTF would see, without HTML that is hidden in it; nothing when it cannot be read."""
    if len(compressed) > LARGEST:
        return ""
    try:
        with within(SECONDS):
            rtf = decompress(compressed).decode("latin-1")
            text: str = rtf_to_text(rtf, errors="replace") if rtf.startswith(BEGINNING) else ""
    except Exception:  # noqa: BLE001 (both libraries raise whatever comes; the raw mail is kept)
        return ""
    # Characters beyond the first 65,536 are written as two halves.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()
