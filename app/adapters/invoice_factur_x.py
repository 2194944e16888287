"""Factur-X: the PDF/A-3 of an issued invoice or credit note with its CII inside, and the marks that say so.

Typst embeds the file; it cannot write the names of Factur-X into the metadata of a PDF/A, so that is done here.
"""

import io
import re

from app.adapters.invoice_cii import cii
from app.adapters.invoice_pdf import Look, invoice_pdf
from app.domain.invoice_document import Document

FILE_NAME = "factur-x.xml"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_VALUES = {
    "DocumentType": ("INVOICE", "The type of the hybrid document"),
    "DocumentFileName": (FILE_NAME, "The name of the embedded XML"),
    "Version": ("1.0", "The version of the embedded XML's standard"),
    "ConformanceLevel": ("EN 16931", "The profile of the embedded XML"),
}
_PROPERTY = """<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{}</pdfaProperty:name>\
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
<pdfaProperty:description>{}</pdfaProperty:description></rdf:li>"""
_SCHEMA = """<rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>{}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq>{}</rdf:Seq></pdfaSchema:property></rdf:li>"""
_SCHEMAS_END = re.compile(r"</rdf:Bag>\s*</pdfaExtension:schemas>")
"""Typst describes its own properties in such a list already; ours belongs there, as there may be one list only."""
_END = "</rdf:RDF>"


def factur_x(document: Document, look: Look) -> bytes:
    """The hybrid invoice; the same document is always the same bytes. Takes some 60 ms.

    Raises:
        NotAnInvoice: a draft or a statement.
        Mismatch: the sums do not hold.
    """
    import pikepdf  # noqa: PLC0415 (only who makes one pays for it)

    made = invoice_pdf(document, look, cii(document))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        marked = _marked(pdf.Root.Metadata.read_bytes().decode())
        pdf.Root.Metadata.write(marked.encode())  # not compressed: archives look for it in the plain file
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return written.getvalue()


def _marked(metadata: str) -> str:
    """The metadata with what Factur-X is, and which properties of its own it has."""
    assert len(_SCHEMAS_END.findall(metadata)) == metadata.count(_END) == 1  # noqa: S101 (as this Typst writes it)
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _VALUES.items())
    own = f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">{values}</rdf:Description>'
    properties = "".join(_PROPERTY.format(name, text) for name, (_, text) in _VALUES.items())
    described = _SCHEMA.format(_NAMESPACE, properties)
    metadata = _SCHEMAS_END.sub(lambda end: described + end.group(), metadata)
    return metadata.replace(_END, own + _END)
