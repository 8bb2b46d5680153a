"""The secrets that sign, as the Standard Webhooks specification writes them."""

import base64
import secrets


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
