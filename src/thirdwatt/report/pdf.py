"""The report as PDF: the page, printed."""

from __future__ import annotations


def printed(html: str) -> bytes:
    """A page as PDF; what it refers to outside itself is not fetched.

    Raises
    ------
    OSError
        If the Pango libraries that WeasyPrint draws with are missing.
    """
    from weasyprint import HTML  # type: ignore[import-untyped]
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    document: bytes = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"])).write_pdf()
    return document
