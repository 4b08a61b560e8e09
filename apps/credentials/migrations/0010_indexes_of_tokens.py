"""Tokens have one index, not two: nobody looks for those that begin with something.

Django adds a second index to unique texts, for LIKE. Each token was written to both.
"""

from __future__ import annotations

from django.db import migrations

INDEXES = (
    ("credentials_oauth1requesttoken_token_d9eaa38a_like", "oauth1requesttoken", "token"),
    ("credentials_oauth1token_token_4e05d59e_like", "oauth1token", "token"),
    ("credentials_revokedtoken_checksum_ca902946_like", "revokedtoken", "checksum"),
    ("credentials_spentcode_checksum_04faccb6_like", "spentcode", "checksum"),
    ("credentials_tally_name_92ee8859_like", "ratecounter", "name"),
    ("credentials_ticket_digest_6862d132_like", "onetimetoken", "digest"),
)


class Migration(migrations.Migration):
    dependencies = [("credentials", "0009_field_names")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX IF EXISTS {index}",
            f"CREATE INDEX {index} ON credentials_{table} ({column} varchar_pattern_ops)",
        )
        for index, table, column in INDEXES
    ]
