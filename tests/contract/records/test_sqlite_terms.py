"""The terms of records in SQLite files of earlier versions."""

from contextlib import closing
from pathlib import Path

from app.models import PageQuery
from app.models.prompts import fold
from app.services.sqlite.database import SqliteDatabase
from app.services.sqlite.records import SqliteRecords
from tests.contract.records.test_sqlite_migration import write
from tests.support.builders import a_record
from tests.support.stores.record_stores import ids


def test_older_words_are_folded_again(tmp_path: Path) -> None:
    """Parts of words are found in all prompts, also where single characters were words before."""
    path = tmp_path / "data" / "records.sqlite3"
    record = a_record(prompt="foxgloves 红色的狐狸", tokens=("foxgloves", "红", "红色", "色", "的"))
    write(path, [record])
    with closing(SqliteRecords(SqliteDatabase(path))) as store:
        for part in ("xglo", "色的狐狸", "狐狸"):
            assert ids(store.page(PageQuery(limit=9, words=fold(part))).records) == [record.id]
        assert store.page(PageQuery(limit=9, words=fold("狐狸红"))).total == 0
        migrated = store.get(record.id)
        assert migrated is not None
        assert set(fold(record.prompt)) <= set(migrated.tokens)
