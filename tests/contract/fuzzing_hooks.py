"""What schemathesis must be told: how a mail looks. Loaded by its process through SCHEMATHESIS_HOOKS."""

import schemathesis
from hypothesis import strategies as st

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["From", "To", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted", "Content-Type", "X-Y"]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    ),
    max_size=8,
)
MAILS = st.builds(
    lambda headers, body: "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n" + body,
    HEADERS,
    st.binary(max_size=200),
)
schemathesis.openapi.media_type("message/rfc822", st.one_of(MAILS, st.binary(max_size=200)))


@schemathesis.serializer("message/rfc822")
def as_it_is(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Bytes are sent as they are; text that an example gives, as UTF-8."""
    return value if isinstance(value, bytes) else str(value).encode()
