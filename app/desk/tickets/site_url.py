"""The address of a site as people type it."""

from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError


def site_url(text: str) -> str:
    """`boulangerie-schmit.lu` and `https://boulangerie-schmit.lu/shop` alike; no credentials, no other schemes."""
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and "." in parts.hostname
        sound = sound and parts.username is None and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isprintable() or " " in url:
        raise PydanticCustomError("url_invalid", "Give the address of a website: https://www.example.lu.")
    return url
