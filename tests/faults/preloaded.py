"""What a run of ``irkit`` imports sooner or later, for runs that are forked warm."""

import irkit.cli
import irkit.cli.check
import irkit.cli.lower
import irkit.cli.tools
import irkit.hlo
import irkit.literals
import irkit.lowering
import irkit.models.config
import irkit.models.registry
import irkit.policy_file
import irkit.reading.rewrite
import irkit.weights
import tests.faults.process
import tests.faults.program

__all__ = ["irkit", "tests"]
