"""What reviewers say."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    _review()
    _review_revision()
    _claim_verdict()
    _span_mark()
    _edit_operation()
    _unit_label()
    _emotion_label()
    _comment()


def _review() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("corrected_text", sa.String(), nullable=True),
        sa.Column("baseline_unsure", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("active_ms", sa.Integer(), nullable=False),
        sa.Column("guideline_id", sa.Integer(), nullable=True),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submit_token", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status in ('draft', 'submitted', 'reopened')", name=op.f("ck_review_status")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_review_assignment_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_review_description_id")),
        sa.ForeignKeyConstraint(["guideline_id"], ["guideline.id"], name=op.f("fk_review_guideline_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["user_account.id"], name=op.f("fk_review_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("assignment_id", "reviewer_id", name=op.f("uq_review_assignment_id_reviewer_id")),
        sa.UniqueConstraint("submit_token", name=op.f("uq_review_submit_token")),
    )
    op.create_index(op.f("ix_review_description_id"), "review", ["description_id"], unique=False)
    op.create_index(op.f("ix_review_reviewer_id"), "review", ["reviewer_id"], unique=False)
    op.create_index(op.f("ix_review_submitted_at"), "review", ["submitted_at"], unique=False)


def _review_revision() -> None:
    op.create_table(
        "review_revision",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_review_revision_actor_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_review_revision_review_id")),
        sa.PrimaryKeyConstraint("review_id", "version", name=op.f("pk_review_revision")),
    )


def _claim_verdict() -> None:
    op.create_table(
        "claim_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("replacement", sa.String(), nullable=True),
        sa.Column("action_unit", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("changed_after_hint", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "code is null or code in ('H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H0', 'M1', 'S1')",
            name=op.f("ck_claim_verdict_code"),
        ),
        sa.CheckConstraint("verdict <> 'wrong' or code is not null", name=op.f("ck_claim_verdict_wrong_needs_code")),
        sa.CheckConstraint(
            "verdict in ('correct', 'wrong', 'unsure', 'cannot_judge')", name=op.f("ck_claim_verdict_verdict")
        ),
        sa.CheckConstraint("severity is null or severity between 1 and 3", name=op.f("ck_claim_verdict_severity")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_verdict_claim_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_claim_verdict_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_verdict")),
        sa.UniqueConstraint("review_id", "claim_id", name=op.f("uq_claim_verdict_review_id_claim_id")),
    )
    op.create_index(op.f("ix_claim_verdict_claim_id"), "claim_verdict", ["claim_id"], unique=False)
    op.create_index(op.f("ix_claim_verdict_code"), "claim_verdict", ["code"], unique=False)


def _span_mark() -> None:
    op.create_table(
        "span_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("replacement", sa.String(), nullable=True),
        sa.Column("action_unit", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "code in ('H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'H7', 'H8', 'H9', 'H0', 'M1', 'S1')",
            name=op.f("ck_span_mark_code"),
        ),
        sa.CheckConstraint('start >= 0 and start <= "end"', name=op.f("ck_span_mark_offsets")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_span_mark_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_span_mark")),
    )
    op.create_index(op.f("ix_span_mark_review_id"), "span_mark", ["review_id"], unique=False)


def _edit_operation() -> None:
    op.create_table(
        "edit_operation",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("ord", sa.Integer(), nullable=False),
        sa.Column("op", sa.String(), nullable=False),
        sa.Column("old_start", sa.Integer(), nullable=False),
        sa.Column("old_end", sa.Integer(), nullable=False),
        sa.Column("new_start", sa.Integer(), nullable=False),
        sa.Column("new_end", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("op in ('keep', 'delete', 'replace', 'insert')", name=op.f("ck_edit_operation_op")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_edit_operation_claim_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_edit_operation_review_id")),
        sa.PrimaryKeyConstraint("review_id", "ord", name=op.f("pk_edit_operation")),
    )


def _unit_label() -> None:
    op.create_table(
        "unit_label",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("action_unit", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("intensity", sa.String(), nullable=True),
        sa.Column("side", sa.String(), nullable=False),
        sa.CheckConstraint(
            "intensity is null or intensity in ('A', 'B', 'C', 'D', 'E')", name=op.f("ck_unit_label_intensity")
        ),
        sa.CheckConstraint(
            "intensity is null or state = 'present'", name=op.f("ck_unit_label_intensity_needs_presence")
        ),
        sa.CheckConstraint("phase in ('blind', 'final')", name=op.f("ck_unit_label_phase")),
        sa.CheckConstraint(
            "state in ('present', 'absent', 'not_visible', 'not_judged')", name=op.f("ck_unit_label_state")
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_unit_label_review_id")),
        sa.PrimaryKeyConstraint("review_id", "action_unit", "phase", name=op.f("pk_unit_label")),
    )


def _emotion_label() -> None:
    op.create_table(
        "emotion_label",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.CheckConstraint("phase in ('blind', 'final')", name=op.f("ck_emotion_label_phase")),
        sa.CheckConstraint("confidence between 1 and 3", name=op.f("ck_emotion_label_confidence")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_emotion_label_review_id")),
        sa.PrimaryKeyConstraint("review_id", "phase", name=op.f("pk_emotion_label")),
    )


def _comment() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("resolved_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_comment_author_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_comment_claim_id")),
        sa.ForeignKeyConstraint(["description_id"], ["description.id"], name=op.f("fk_comment_description_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["user_account.id"], name=op.f("fk_comment_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index("ix_comment_description", "comment", ["description_id", "at"], unique=False)
