"""What all calls of the Python clients share: the tenant’s facts, the line for each call, and sign-in at the page."""

import base64
import html
import json
import re
import sys
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import requests

with open(sys.argv[1], encoding="utf-8") as file:
    tenant = json.load(file)

_id = re.compile(r"[\w.-]+@[\w.-]+|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}")
_ids = {name: value for name, value in tenant.items() if isinstance(value, str) and _id.fullmatch(value)}


class NotPossible(Exception):
    """This tenant gives no means for the call, such as a control plane or a sign-in without a password."""


class Refused(Exception):
    """The answer of MSAL for Python to a refused request, which it returns and does not raise."""


def mask(text):
    """What came, with the names of the ids in their place, so that it reads the same for every tenant."""
    for name, value in _ids.items():
        text = text.replace(value, "{" + name + "}")
    return re.sub(r"eyJ[\w.-]+", "{token}", text)[:200]


def make_calls(client, calls):
    """Makes the calls of one client in turn, and prints a line of JSON for each."""
    for name, expected, call in calls:
        got = _outcome(call)
        if got is None:
            result = "not possible"
        else:
            is_match = re.search(expected[1:-1], got) if expected.startswith("/") else got == expected
            result = "ok" if is_match else "RED"
        line = {"client": client, "name": name, "expected": expected, "got": got or "", "result": result}
        print(json.dumps(line, ensure_ascii=False), flush=True)


def _outcome(call):
    try:
        return mask(str(call()))
    except NotPossible:
        return None
    except Exception as error:  # A witness reports whatever its client does.
        text = f"{type(error).__name__} {error}"
        code = re.search(r"AADSTS\d+", text)
        return code[0] if code else mask(" ".join(text.split()))


def token(answer):
    """The access token of an answer of MSAL."""
    if "access_token" not in answer:
        raise Refused(json.dumps(answer))
    return answer["access_token"]


def has_token(answer):
    return "token" if token(answer) else "no token"


def claims(jwt, *names):
    """Claims of a token, as `name=value`."""
    part = jwt.split(".")[1]
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    show = lambda value: ",".join(value) if isinstance(value, list) else value
    return " ".join(f"{name}={show(found.get(name, 'undefined'))}" for name in names)


def scope_of(api, scope=".default"):
    return f"api://{tenant.get(api, api)}/{scope}"


def control(method, path, body=None):
    if not tenant.get("control"):
        raise NotPossible()
    requests.request(method, f"{tenant['control']}/{path}", json=body, timeout=30).raise_for_status()


@contextmanager
def fault(leg, **kind):
    """Requests of one leg meet a fault."""
    control("PUT", "faults", {"faults": [{"target": {"leg": leg}, "fault": kind}]})
    try:
        yield
    finally:
        control("DELETE", "faults")


@contextmanager
def clock(seconds):
    """The server’s clock is off."""
    control("PATCH", "settings", {"clockOffsetSeconds": seconds})
    try:
        yield
    finally:
        control("PATCH", "settings", {"clockOffsetSeconds": 0})


def sign_in(address):
    """Signs the user in at the emulator’s page, which asks for no password, and consents. Returns what the application gets."""
    if not tenant.get("control"):
        raise NotPossible()
    browser = requests.Session()
    for consent in ({}, {"consent": "accept"}):
        page = browser.post(address, data={"account": tenant["user"], **consent}, allow_redirects=False, timeout=30)
        if "location" in page.headers:
            back = urlsplit(page.headers["location"])
            return {name: values[0] for name, values in parse_qs(back.fragment or back.query).items()}
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        fields = {name: html.unescape(value) for name, value in hidden}
        if "code" in fields or "close this window" in page.text:
            return fields
    raise Refused(re.sub(r"<[^>]+>", " ", page.text))
