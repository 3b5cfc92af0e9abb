"""What is reviewed, and what machines say about it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _source()
    _image()
    _image_access()
    _face_measurement()
    _description()
    _claim()
    _lint_finding()
    _evidence()
    _prediction()
    _suspicion()


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("json_sha256", sa.String(), nullable=False),
        sa.Column("images_dir", sa.String(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", "json_sha256", "images_dir", name=op.f("uq_source_name_json_sha256_images_dir")),
    )


def _image() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rel_path", sa.String(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("phash", sa.String(), nullable=True),
        sa.Column("dup_group", sa.Integer(), nullable=True),
        sa.CheckConstraint("split in ('train', 'eval', 'probe')", name=op.f("ck_image_split")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_image_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("sha256", name=op.f("uq_image_sha256")),
    )
    op.create_index(op.f("ix_image_dup_group"), "image", ["dup_group"], unique=False)
    op.create_index(op.f("ix_image_rel_path"), "image", ["rel_path"], unique=False)


def _image_access() -> None:
    op.create_table(
        "image_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_image_access_image_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_image_access_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_access")),
    )
    op.create_index("ix_image_access_image", "image_access", ["image_id", "at"], unique=False)


def _face_measurement() -> None:
    op.create_table(
        "face_measurement",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("mesh", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_face_measurement_image_id")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_face_measurement")),
    )


def _description() -> None:
    op.create_table(
        "description",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("origin_model", sa.String(), nullable=False),
        sa.Column("origin_run", sa.String(), nullable=True),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("parser_version", sa.String(), nullable=False),
        sa.Column("landmark", sa.String(), nullable=True),
        sa.Column("published_label", sa.String(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("task in ('au', 'emotion')", name=op.f("ck_description_task")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_description_image_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_description_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_description")),
        sa.UniqueConstraint(
            "image_id",
            "task",
            "origin_model",
            "text_sha256",
            name=op.f("uq_description_image_id_task_origin_model_text_sha256"),
        ),
    )
    op.create_index(op.f("ix_description_image_id"), "description", ["image_id"], unique=False)
    op.create_index("ix_description_row", "description", ["source_id", "row_id"], unique=False)


def _claim() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("action_unit", sa.Integer(), nullable=True),
        sa.Column("more_units", sa.JSON(), nullable=False),
        sa.Column("emotion", sa.String(), nullable=True),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("intensity", sa.String(), nullable=True),
        sa.Column("negated", sa.Boolean(), nullable=False),
        sa.CheckConstraint('start >= 0 and start < "end"', name=op.f("ck_claim_offsets")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_claim_description_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("description_id", "ord", name=op.f("uq_claim_description_id_ord")),
    )
    op.create_index(op.f("ix_claim_action_unit"), "claim", ["action_unit"], unique=False)
    op.create_index(op.f("ix_claim_emotion"), "claim", ["emotion"], unique=False)


def _lint_finding() -> None:
    op.create_table(
        "lint_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_lint_finding_claim_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_lint_finding_description_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lint_finding")),
    )
    op.create_index(op.f("ix_lint_finding_description_id"), "lint_finding", ["description_id"], unique=False)
    op.create_index(op.f("ix_lint_finding_kind"), "lint_finding", ["kind"], unique=False)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.CheckConstraint("kind in ('geometry', 'model')", name=op.f("ck_evidence_kind")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_evidence_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("claim_id", "kind", "version", name=op.f("uq_evidence_claim_id_kind_version")),
    )


def _prediction() -> None:
    op.create_table(
        "prediction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("read", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_prediction_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.UniqueConstraint("run", "image_id", "task", name=op.f("uq_prediction_run_image_id_task")),
    )
    op.create_index(op.f("ix_prediction_image_id"), "prediction", ["image_id"], unique=False)


def _suspicion() -> None:
    op.create_table(
        "suspicion",
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_suspicion_description_id")),
        sa.PrimaryKeyConstraint("description_id", name=op.f("pk_suspicion")),
    )
    op.create_index(op.f("ix_suspicion_score"), "suspicion", ["score"], unique=False)
