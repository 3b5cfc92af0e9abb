"""What migrations make of rows that older versions wrote."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from review.database import Database
from review.migrations import upgrading
from review.schema import PlantedError

ROWS = """
INSERT INTO source (id, name, json_sha256, images_dir, imported_at, report)
    VALUES (1, 's', '', '/', '2026-01-01', '{}');
INSERT INTO image (id, source_id, sha256, rel_path, split, width, height) VALUES (1, 1, '', 'a.jpg', 'train', 9, 9);
INSERT INTO description (id, image_id, source_id, task, row_id, origin_model, prompt, text, text_sha256, parser_version)
    VALUES (1, 1, 1, 'au', '1', 'm', '?', 'right', '1', ''), (2, 1, 1, 'au', '1', 'm', '?', 'wrong', '2', ''),
           (3, 1, 1, 'au', '1', 'm', '?', 'imported', '3', '');
INSERT INTO planted_error (description_id, code, truth)
    VALUES (2, 'H2', '{"start": 0, "original": 1}'), (3, 'H1', '{"start": 4}');
"""


def test_the_originals_of_planted_errors_move_to_their_column(tmp_path):
    database = Database(tmp_path / "older.db")
    with database.write() as session:
        config = Config(attributes={"connection": session.connection()})
        config.set_main_option("script_location", str(Path(upgrading.__file__).parent))
        command.upgrade(config, "0011")
        for statement in ROWS.split(";")[:-1]:
            session.execute(text(statement.replace(": ", "\\: ")))
    database.upgrade()
    with database.read() as session:
        found = {row.description_id: (row.original_id, row.truth) for row in session.scalars(select(PlantedError))}
    database.close()
    assert found == {2: (1, {"start": 0}), 3: (None, {"start": 4})}
