"""The floor: the very SQL that the API runs for an address, its rows, and ``json.dumps``.

Behind the product's middleware like any view of it, but no DRF, and nobody asked who they are. The
SQL of every address that is measured stands in the file that ``STOREKEEP_BENCHMARK_SQL`` names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

JSONB = 3802
STATEMENTS: dict[str, list[str]] = json.loads(
    Path(os.environ["STOREKEEP_BENCHMARK_SQL"]).read_text()
)


def answer(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        found = [_rows(cursor, sql) for sql in STATEMENTS[request.get_full_path()]]
    body = json.dumps(found, default=str).encode()
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, content_type="application/json", headers=headers)


def _rows(cursor: Any, sql: str) -> list[dict[str, Any]]:
    cursor.execute(sql)
    names = [column.name for column in cursor.description]
    texts = [column.name for column in cursor.description if column.type_code == JSONB]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    for row in rows:
        row.update({name: json.loads(row[name]) for name in texts})
    return rows


urlpatterns = [re_path(r"", answer)]
