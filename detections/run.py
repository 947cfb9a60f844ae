"""Runs the rules on exported rows: python run.py FOLDER [TIME ...]

FOLDER has a file of JSON lines for each table, such as AuditLogs.ndjson; a missing table has no rows. Each rule runs once for
each TIME (ISO 8601; default: now), on the rows until then. Prints what the rules find: JSON lines of rule, time and row.
"""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import duckdb_kql

SIGN_INS = """AppId ServicePrincipalId UserId ResourceIdentity ResultType IPAddress CorrelationId UniqueTokenIdentifier
    ClientCredentialType ServicePrincipalCredentialKeyId ServicePrincipalCredentialThumbprint FederatedCredentialId Agent"""
# The columns that the rules read, beside TimeGenerated.
TABLES = {
    "AADServicePrincipalSignInLogs": SIGN_INS,
    "AADNonInteractiveUserSignInLogs": SIGN_INS,
    "AuditLogs": "OperationName Result InitiatedBy TargetResources CorrelationId",
    "AWSCloudTrail": """EventName ErrorCode AwsRequestId_ SourceIpAddress SessionIssuerArn UserIdentityArn
        UserIdentityAccessKeyId""",
    "ContainerLogV2": "LogMessage",
}
DYNAMIC = {"Agent", "InitiatedBy", "TargetResources", "LogMessage"}


def load(connection, folder):
    for table, columns in TABLES.items():
        types = {"TimeGenerated": "TIMESTAMP"} | {
            name: "JSON" if name in DYNAMIC else "VARCHAR" for name in columns.split()
        }
        described = ", ".join(f'"{name}" {type}' for name, type in types.items())
        connection.execute(f'CREATE TABLE "all {table}" ({described})')
        file = folder / f"{table}.ndjson"
        if file.exists() and file.stat().st_size > 0:
            connection.execute(
                f"""INSERT INTO "all {table}" SELECT * FROM read_json(?, format='newline_delimited', columns={types})""",
                [str(file)],
            )


def show_until(connection, time):
    for table in TABLES:
        connection.execute(
            f"""CREATE OR REPLACE VIEW "{table}" AS SELECT * FROM "all {table}"
            WHERE TimeGenerated <= TIMESTAMP '{time:%Y-%m-%d %H:%M:%S.%f}'"""
        )


def main(folder, *times):
    rules = sorted((Path(__file__).parent / "rules").glob("*.kql"))
    connection = duckdb_kql.connect()
    load(connection, Path(folder))
    for given in times or [datetime.now(timezone.utc).isoformat()]:
        time = datetime.fromisoformat(given).astimezone(timezone.utc)
        show_until(connection, time)
        for rule in rules:
            found = duckdb_kql.kql(connection, rule.read_text(), query_now=time)
            for row in found.fetchall():
                told = {"rule": rule.stem, "time": given, "row": dict(zip(found.columns, row))}
                print(json.dumps(told, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
