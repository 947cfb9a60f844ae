"""Prints what is wrong with the Sigma rules of this folder; nothing if they are valid."""

from pathlib import Path

from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import validators

rules = SigmaCollection.load_ruleset([Path(__file__).parent], collect_errors=True)
for error in rules.errors:
    print(error)
# Without the checks that download the lists of tags.
offline = [check for name, check in validators.items() if name not in ("attacktag", "d3_fendtag")]
for issue in SigmaValidator(offline).validate_rules(rules):
    print(issue)
