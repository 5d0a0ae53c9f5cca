"""Every table of the first hub."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.db import Xid8

revision = "20261124_0500"
down_revision = None
branch_labels = ("default",)
depends_on = None


def upgrade() -> None:
    """Make the tables; who may do what with them is the next migration's."""
    op.create_table(
        "epoch",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closing', 'closed')", name=op.f("ck_epoch_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
        sa.UniqueConstraint("name", name=op.f("uq_epoch_name")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoint")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_table(
        "ledger_leaf",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_ledger_leaf_leaf_hash")),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_ledger_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_leaf_entry_id")),
    )
    op.create_table(
        "ledger_part",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("view", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("erased_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(view IS NULL) = (salt IS NULL)", name=op.f("ck_ledger_part_whole")),
        sa.PrimaryKeyConstraint("entry_id", "n", name=op.f("pk_ledger_part")),
    )
    op.create_index("ix_ledger_part_party", "ledger_part", ["party", "entry_id"], unique=False)
    op.create_table(
        "ledger_party_leaf",
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.SmallInteger(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("party", "leaf_index", name=op.f("pk_ledger_party_leaf")),
    )
    op.create_table(
        "ledger_pending",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_pending")),
    )
    op.create_index(op.f("ix_ledger_pending_seq"), "ledger_pending", ["seq"], unique=False)
    op.create_table(
        "ledger_state",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_ledger_state_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_ledger_state")),
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n", name=op.f("pk_ledger_tile")),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sector", sa.String(length=40), nullable=True),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('brand', 'platform', 'authority', 'auditor', 'administration')", name=op.f("ck_member_kind")
        ),
        sa.CheckConstraint("state IN ('admitted', 'probation', 'suspended', 'left')", name=op.f("ck_member_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("code", name=op.f("uq_member_code")),
    )
    op.create_table(
        "sharing_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_group")),
        sa.UniqueConstraint("code", name=op.f("uq_sharing_group_code")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pseudonym", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_credential_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("digest", name=op.f("uq_credential_digest")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_credential_pseudonym")),
    )
    op.create_index(op.f("ix_credential_member_id"), "credential", ["member_id"], unique=False)
    op.create_table(
        "declared_need",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_declared_need_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "type", name=op.f("pk_declared_need")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_idempotency_key_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_at"), "idempotency_key", ["at"], unique=False)
    op.create_table(
        "ledger_tag_key",
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["member.id"], name=op.f("fk_ledger_tag_key_party_member")),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_ledger_tag_key")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("pseudonym", sa.String(length=24), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_person_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_person_fs_uniquifier")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_person_pseudonym")),
    )
    op.create_index(op.f("ix_person_member_id"), "person", ["member_id"], unique=False)
    op.create_table(
        "quota",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used BETWEEN 0 AND allowed", name=op.f("ck_quota_used")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_quota_member_id_member")),
        sa.PrimaryKeyConstraint("member_id", "type", "period_on", name=op.f("pk_quota")),
    )
    op.create_table(
        "sharing_group_member",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["sharing_group.id"], name=op.f("fk_sharing_group_member_group_id_sharing_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sharing_group_member_member_id_member")),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_sharing_group_member")),
    )
    op.create_index(op.f("ix_sharing_group_member_member_id"), "sharing_group_member", ["member_id"], unique=False)
    op.create_table(
        "token_key",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("epoch_id", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_token_key_epoch_id_epoch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_key")),
        sa.UniqueConstraint("name", name=op.f("uq_token_key_name")),
    )
    op.create_table(
        "indicator",
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("disputed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("octet_length(token) = 32", name=op.f("ck_indicator_token")),
        sa.ForeignKeyConstraint(["key_id"], ["token_key.id"], name=op.f("fk_indicator_key_id_token_key")),
        sa.PrimaryKeyConstraint("key_id", "token", name=op.f("pk_indicator")),
    )
    op.create_table(
        "match",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'triaged', 'same', 'not_same', 'inconclusive')", name=op.f("ck_match_state")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["token_key.id"], name=op.f("fk_match_key_id_token_key")),
        sa.ForeignKeyConstraint(["recipient_id"], ["member.id"], name=op.f("fk_match_recipient_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match")),
    )
    op.create_index("ix_match_newest", "match", ["recipient_id", "id"], unique=False)
    op.create_index("uq_match_recipient", "match", ["recipient_id", "key_id", "token"], unique=True)
    op.create_table(
        "sighting",
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["token_key.id"], name=op.f("fk_sighting_key_id_token_key")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_sighting_member_id_member")),
        sa.PrimaryKeyConstraint("key_id", "token", "member_id", name=op.f("pk_sighting")),
    )
    op.create_table(
        "contribution",
        sa.Column("key_id", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("stance", sa.String(length=12), nullable=False),
        sa.Column("evidence_level", sa.SmallInteger(), nullable=False),
        sa.Column("tlp", sa.SmallInteger(), nullable=False),
        sa.Column("group_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("sector", sa.String(length=40), nullable=True),
        sa.Column("seller", sa.String(length=64), nullable=True),
        sa.Column("first_seen_on", sa.Date(), nullable=True),
        sa.Column("last_seen_on", sa.Date(), nullable=True),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("changed_xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.CheckConstraint(
            "stance IN ('infringing', 'legitimate', 'impersonated')", name=op.f("ck_contribution_stance")
        ),
        sa.CheckConstraint("state IN ('active', 'withdrawn', 'expired')", name=op.f("ck_contribution_state")),
        sa.CheckConstraint("evidence_level BETWEEN 1 AND 4", name=op.f("ck_contribution_evidence_level")),
        sa.CheckConstraint("tlp < 5 OR cardinality(group_ids) > 0", name=op.f("ck_contribution_red_names_its_group")),
        sa.CheckConstraint("tlp BETWEEN 1 AND 5", name=op.f("ck_contribution_tlp")),
        sa.ForeignKeyConstraint(
            ["key_id", "token"],
            ["indicator.key_id", "indicator.token"],
            name=op.f("fk_contribution_key_id_token_indicator"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_contribution_member_id_member")),
        sa.PrimaryKeyConstraint("key_id", "token", "member_id", name=op.f("pk_contribution")),
    )
    op.create_index("ix_contribution_changes", "contribution", ["key_id", "changed_xid"], unique=False)
    op.create_index(
        "ix_contribution_expiry",
        "contribution",
        ["expires_on"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_contribution_own", "contribution", ["member_id", "shared_at", "key_id", "token"], unique=False)
    op.execute("ALTER TABLE ledger_tile ALTER COLUMN hashes SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("contribution")
    op.drop_table("sighting")
    op.drop_table("match")
    op.drop_table("indicator")
    op.drop_table("token_key")
    op.drop_table("sharing_group_member")
    op.drop_table("quota")
    op.drop_table("person")
    op.drop_table("ledger_tag_key")
    op.drop_table("idempotency_key")
    op.drop_table("declared_need")
    op.drop_table("credential")
    op.drop_table("sharing_group")
    op.drop_table("member")
    op.drop_table("ledger_tile")
    op.drop_table("ledger_state")
    op.drop_table("ledger_pending")
    op.drop_table("ledger_party_leaf")
    op.drop_table("ledger_part")
    op.drop_table("ledger_leaf")
    op.drop_table("ledger_entry")
    op.drop_table("ledger_checkpoint")
    op.drop_table("epoch")
