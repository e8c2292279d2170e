"""``thirdwatt audit``."""

from __future__ import annotations

import click

from thirdwatt.cli.options import columns, dumped, json_option


@click.command("audit")
@click.argument("claims", metavar="CLAIMS.toml")
@json_option
def command(claims: str, as_json: bool) -> None:
    """Recompute what somebody claims and judge it: right, right for an edition, mislabelled, contradicted …

    CLAIMS.toml holds [[claim]] tables; examples/essay-claims.toml shows each kind. Finding claims wrong is no failure.
    """
    from thirdwatt.audit import audit, read
    from thirdwatt.report import judgements

    judged = audit(read(claims))
    if as_json:
        click.echo(dumped(judgements.document(judged)))
    else:
        click.echo(judgements.text(judged, columns()), nl=False)
