"""The calls of MSAL for Python."""

import jwt
import msal

from witness import claims, clock, control, fault, has_token, make_calls, scope_of, sign_in, tenant, token

AUTHORITY = f"{tenant['authority']}/{tenant['tenant']}"
EXCHANGE = ["api://AzureADTokenExchange/.default"]
TARGET = [scope_of("target")]
TARGET_SCOPE = [scope_of("target", tenant["targetScope"])]
USE = [scope_of("api", "Use")]
UNKNOWN = "99999999-0000-4000-8000-000000000009"


def confidential(name, credential=tenant["secret"], authority=AUTHORITY, **options):
    options = {"authority": authority, "instance_discovery": False, **options}
    return msal.ConfidentialClientApplication(tenant.get(name, name), client_credential=credential, **options)


def public():
    return msal.PublicClientApplication(tenant["native"], authority=AUTHORITY, instance_discovery=False)


def app_token(client, scopes=TARGET, **options):
    return client.acquire_token_for_client(scopes, **options)


def on_behalf(client, assertion, scopes=TARGET_SCOPE):
    return client.acquire_token_on_behalf_of(tenant[assertion], scopes)


# One client for T1, as a service would have it.
blueprint = confidential("blueprint")


def t1(agent="agent"):
    return token(blueprint.acquire_token_for_client(EXCHANGE, fmi_path=tenant[agent]))


def agent(name="agent", presents=None):
    return confidential(name, {"client_assertion": lambda: t1(presents or name)})


def t2():
    return token(app_token(agent(), EXCHANGE))


def as_agent_user(client=None, **who):
    client = client or agent()
    return client.acquire_token_by_user_federated_identity_credential(TARGET_SCOPE, t2(), **who)


def federated(assertion):
    client = confidential("blueprint", {"client_assertion": tenant[assertion]})
    return has_token(app_token(client, EXCHANGE, fmi_path=tenant["agent"]))


def by_certificate():
    credential = {"private_key": tenant["blueprintKey"], "public_certificate": tenant["blueprintCertificate"]}
    return has_token(app_token(confidential("blueprint", credential), EXCHANGE, fmi_path=tenant["agent"]))


def sign_in_by_code(client, redirect_uri):
    flow = client.initiate_auth_code_flow(USE, redirect_uri=redirect_uri, response_mode="form_post")
    return client.acquire_token_by_auth_code_flow(flow, sign_in(flow["auth_uri"]))


def user_of(answer):
    token(answer)
    return f"user={answer['id_token_claims']['preferred_username']}"


def second_source(client, ask=app_token):
    ask(client)
    return ask(client)["token_source"]


def serialized():
    first, second = msal.SerializableTokenCache(), msal.SerializableTokenCache()
    app_token(confidential("daemon", token_cache=first))
    second.deserialize(first.serialize())
    return app_token(confidential("daemon", token_cache=second))["token_source"]


def agent_user_silent():
    client = agent()
    token(as_agent_user(client, user_object_id=tenant["agentUser"]))
    return client.acquire_token_silent(TARGET_SCOPE, account=client.get_accounts()[0])["token_source"]


def web_app_silent():
    client = confidential("web")
    token(sign_in_by_code(client, tenant["redirectUri"]))
    account = client.get_accounts()[0]
    silent = client.acquire_token_silent(USE, account=account)
    forced = client.acquire_token_silent(USE, account=account, force_refresh=True)
    return f"{silent['token_source']}, {forced['token_source']}"


def device_code():
    client = public()
    flow = client.initiate_device_flow(USE)
    flow["interval"] = 1
    sign_in(f"{flow['verification_uri']}?otc={flow['user_code']}")
    return has_token(client.acquire_token_by_device_flow(flow))


def blocked():
    with fault("obo", kind="conditional-access", code=53003):
        return token(on_behalf(agent(), "userTokenForBlueprint"))


def challenged():
    with fault("obo", kind="conditional-access"):
        answer = on_behalf(confidential("api"), "userTokenForApi")
        return f"{answer['error']} {answer.get('claims')}"


def capable():
    return confidential("daemon", client_capabilities=["cp1"])


def challenge_passes_cache():
    client = capable()
    token(app_token(client, [scope_of("api")]))
    challenge = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
    return app_token(client, [scope_of("api")], claims_challenge=challenge)["token_source"]


def certificate_at(seconds):
    with clock(seconds):
        return by_certificate()


def rotation():
    keys = jwt.PyJWKClient(f"{AUTHORITY}/discovery/v2.0/keys")
    old = token(app_token(confidential("daemon")))
    control("POST", "keys/rotate", {"overlapSeconds": 3600})
    for one in (old, token(app_token(confidential("daemon")))):
        jwt.decode(one, keys.get_signing_key_from_jwt(one).key, algorithms=["RS256"], audience=tenant["target"])
    return "ok"


make_calls("msal (Python)", [
    ("authority: instance_discovery=False", "token", lambda: has_token(app_token(confidential("daemon")))),
    ("authority: oidc_authority", "token", lambda: has_token(app_token(
        confidential("daemon", authority=None, oidc_authority=f"{AUTHORITY}/v2.0")))),
    ("client credentials: secret", "azp={daemon} azpacr=1",
     lambda: claims(token(app_token(confidential("daemon"))), "azp", "azpacr")),
    ("client credentials: certificate (T1)", "token", by_certificate),
    ("client credentials: federated assertion (T1)", "token", lambda: federated("assertion")),
    ("cache: the second call does not ask", "cache", lambda: second_source(confidential("daemon"))),
    ("cache: serialized and read by another instance", "cache", serialized),
    ("T1 (fmi_path)", "/\\/{agent}$/", lambda: claims(t1(), "sub")),
    ("cache: two agents of one blueprint do not share T1", "True", lambda: t1() != t1("otherAgent")),
    ("TR app-only", "azp={agent} roles=Weather.Read.All", lambda: claims(token(app_token(agent())), "azp", "roles")),
    ("T2", "azp={agent}", lambda: claims(t2(), "azp")),
    ("T3 (user_fic by object id)", "oid={agentUser} azp={agent}",
     lambda: claims(token(as_agent_user(user_object_id=tenant["agentUser"])), "oid", "azp")),
    ("T3 (user_fic by name)", "oid={agentUser}",
     lambda: claims(token(as_agent_user(username=tenant["agentUserName"])), "oid")),
    ("T3 then silent from the cache", "cache", agent_user_silent),
    ("auth code + PKCE: web app with a secret", "user={userName}",
     lambda: user_of(sign_in_by_code(confidential("web"), tenant["redirectUri"]))),
    ("auth code + PKCE: native public client (http://localhost)", "user={userName}",
     lambda: user_of(sign_in_by_code(public(), "http://localhost:51234"))),
    ("web app: silent, then refresh after the access token", "cache, identity_provider", web_app_silent),
    ("device code", "token", device_code),
    ("OBO by an ordinary API", "azp={api} oid={user}",
     lambda: claims(token(on_behalf(confidential("api"), "userTokenForApi")), "azp", "oid")),
    ("OBO by an agent", "azp={agent} oid={user} scp=Weather.Read",
     lambda: claims(token(on_behalf(agent(), "userTokenForBlueprint")), "azp", "oid", "scp")),
    ("refusal: wrong secret", "AADSTS7000215", lambda: token(app_token(confidential("daemon", "wrong")))),
    ("refusal: unknown application", "AADSTS700016", lambda: token(app_token(confidential(UNKNOWN)))),
    ("refusal: application id of zeros", "AADSTS700038",
     lambda: token(app_token(confidential("00000000-0000-0000-0000-000000000000")))),
    ("refusal: disabled application", "AADSTS7000112", lambda: token(app_token(confidential("disabled")))),
    ("refusal: unknown tenant: fails while discovering", "/AADSTS90002|Unable to get authority configuration/",
     lambda: token(app_token(confidential("daemon", authority=f"{tenant['authority']}/{UNKNOWN}")))),
    ("refusal: unknown resource", "AADSTS500011",
     lambda: token(app_token(confidential("daemon"), [scope_of(UNKNOWN)]))),
    ("refusal: scope without /.default in client credentials", "AADSTS1002012",
     lambda: token(app_token(confidential("daemon"), TARGET_SCOPE))),
    ("refusal: assertion expired", "AADSTS700024", lambda: federated("assertionExpired")),
    ("refusal: assertion of an unknown issuer", "AADSTS700211", lambda: federated("assertionOfUnknownIssuer")),
    ("refusal: assertion with the wrong audience", "AADSTS700212", lambda: federated("assertionWithWrongAudience")),
    ("refusal: assertion with the wrong subject", "AADSTS700213", lambda: federated("assertionWithWrongSubject")),
    ("refusal: assertion signed by another key", "/AADSTS(700027\\d?|50013)/", lambda: federated("assertionOfOtherKey")),
    ("refusal: T1 of another agent", "/AADSTS700213\\d?/",
     lambda: token(app_token(agent(presents="otherAgent")))),
    ("refusal: T1 without fmi_path", "AADSTS82008", lambda: token(app_token(confidential("blueprint"), EXCHANGE))),
    ("refusal: consent is missing (OBO)", "AADSTS65001",
     lambda: token(on_behalf(agent("trainee"), "userTokenForBlueprint"))),
    ("refusal: OBO with the wrong audience", "/AADSTS(50013|500131)/",
     lambda: token(on_behalf(confidential("api"), "userTokenForTarget"))),
    ("refusal: OBO with an app-only token", "AADSTS7000114",
     lambda: token(on_behalf(confidential("api"), "appTokenForApi"))),
    ("refusal: Conditional Access blocks", "AADSTS53003", blocked),
    ("claims challenge: the error carries claims", "/^interaction_required .*access_token/", challenged),
    ("CAE: cp1 asked, API wants xms_cc: it is in the token", "xms_cc=cp1",
     lambda: claims(token(app_token(capable(), [scope_of("api")])), "xms_cc")),
    ("CAE: claims of a challenge pass the cache by", "identity_provider", challenge_passes_cache),
    ("clock: server 20 min ahead refuses a 10-minute certificate assertion", "AADSTS700024", lambda: certificate_at(1200)),
    ("clock: 2 min apart is fine", "token", lambda: certificate_at(120)),
    ("key rotation with overlap: old and new token verify", "ok", rotation),
])
