"""The result as JSON; the schema's number changes when a field does."""

from __future__ import annotations

import json

from irkit.verify.checker import Report
from irkit.verify.verdict import Json, Tier

SCHEMA = "irkit-verify/1"


def json_text(report: Report) -> str:
    """One JSON object: files, verdict, tier, exit status and what each tier found."""
    decisive = report.decisive
    return json.dumps(
        {
            "schema": SCHEMA,
            "question": "pruned" if report.pruned else "equal",
            "left": str(report.pair.left),
            "right": str(report.pair.right),
            "verdict": report.verdict.value,
            "tier": None if decisive is None else _tier(decisive.tier),
            "required_tier": _tier(report.required),
            "status": report.status,
            "findings": [
                {
                    "tier": _tier(finding.tier),
                    "verdict": finding.verdict.value,
                    "summary": finding.summary,
                    "seconds": round(finding.seconds, 6),
                    "details": dict(finding.details),
                }
                for finding in report.findings
            ],
            "replay": list(report.replay),
        },
        indent=2,
    )


def _tier(tier: Tier) -> Json:
    return {"number": tier.value, "name": tier.name.lower()}
