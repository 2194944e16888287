"""What is sent about the mails that bring invoices."""

from pydantic import ConfigDict

from app.core.shapes import Email, In


class InvoiceSendingIn(In):
    """Where to; left out, every billing contact of the client, else the address that the document names."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"recipient": "compta@boulangerie-schmit.example"}]})
    recipient: Email | None = None
