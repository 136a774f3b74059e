"""Small PDFs, written by hand."""

from __future__ import annotations

import base64
import zlib


def pdf(*pages: str) -> bytes:
    """A PDF with one line of text on each page."""
    return pdf_of(*(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode() for text in pages))


def pdf_of(*contents: bytes, character: bytes = b"") -> bytes:
    """A PDF whose pages draw these contents, packed. `character`: what `h` stands for, UTF-16 in hexadecimal."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(contents)} /Kids [{kids}] >>".encode(),
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode {4 + 2 * len(contents)} 0 R >>".encode(),
    ]
    for number, content in enumerate(contents):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents {5 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        packed = zlib.compress(content)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + packed + b"\nendstream")
    codes = b"1 begincodespacerange <00> <ff> endcodespacerange "
    codes += b"1 beginbfchar <68> <" + character + b"> endbfchar" if character else b""
    objects.append(b"<< /Length %d >>\nstream\n" % len(codes) + codes + b"\nendstream")
    written = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()


def data_url(content: bytes, kind: str = "application/pdf") -> str:
    """Bytes in the form in which documents have them."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
