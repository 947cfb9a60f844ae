"""The calls of azure-identity for Python."""

from azure.identity import ClientAssertionCredential, ClientSecretCredential, OnBehalfOfCredential

from msal_calls import t1
from witness import claims, make_calls, scope_of, tenant

OPTIONS = {"authority": tenant["authority"], "disable_instance_discovery": True}
SCOPE = scope_of("target", tenant["targetScope"])


def daemon(secret=tenant["secret"]):
    return ClientSecretCredential(tenant["tenant"], tenant["daemon"], secret, **OPTIONS)


def on_behalf(client, assertion, **credential):
    options = {**OPTIONS, **credential, "user_assertion": tenant[assertion]}
    return OnBehalfOfCredential(tenant["tenant"], tenant[client], **options).get_token(SCOPE).token


make_calls("azure-identity (Python)", [
    ("ClientSecretCredential", "azp={daemon}", lambda: claims(daemon().get_token(scope_of("target")).token, "azp")),
    ("ClientAssertionCredential as the agent (T1 → TR)", "azp={agent}", lambda: claims(
        ClientAssertionCredential(tenant["tenant"], tenant["agent"], t1, **OPTIONS).get_token(scope_of("target")).token, "azp")),
    ("OnBehalfOfCredential", "oid={user}",
     lambda: claims(on_behalf("api", "userTokenForApi", client_secret=tenant["secret"]), "oid")),
    ("OnBehalfOfCredential as the agent", "oid={user}",
     lambda: claims(on_behalf("agent", "userTokenForBlueprint", client_assertion_func=t1), "oid")),
    ("enableCae asks for cp1", "/(?i)cp1/",
     lambda: claims(daemon().get_token(scope_of("api"), enable_cae=True).token, "xms_cc")),
    ("wrong secret", "AADSTS7000215", lambda: daemon("wrong").get_token(scope_of("target")).token),
])
