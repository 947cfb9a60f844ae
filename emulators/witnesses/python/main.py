"""Makes the calls of each client; those with the same names in another language are the same calls."""

import identity_calls  # noqa: F401  It makes the calls of MSAL first, whose T1 it uses.
