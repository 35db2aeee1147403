"""Profiles of Hypothesis for the whole suite."""

from __future__ import annotations

from hypothesis import Phase, settings

# Of a mutant it is enough to know that it fails: shrinking takes a hundred times as long.
settings.register_profile("no-shrinking", phases=[Phase.explicit, Phase.generate])
