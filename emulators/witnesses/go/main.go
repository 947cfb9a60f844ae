// The calls of MSAL for Go; those with the same names in another language are the same calls.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

const unknown = "99999999-0000-4000-8000-000000000009"

var (
	ctx         = context.Background()
	authority   = tenant["authority"] + "/" + tenant["tenant"]
	exchange    = []string{"api://AzureADTokenExchange/.default"}
	target      = []string{scopeOf("target", ".default")}
	targetScope = []string{scopeOf("target", tenant["targetScope"])}
	api         = []string{scopeOf("api", ".default")}
	use         = []string{scopeOf("api", "Use")}
)

func client(name string, credential confidential.Credential, options ...confidential.Option) confidential.Client {
	if appID, found := tenant[name]; found {
		name = appID
	}
	options = append(options, confidential.WithInstanceDiscovery(false))
	made, err := confidential.New(authority, name, credential, options...)
	if err != nil {
		panic(err)
	}
	return made
}

func withSecret(name string, options ...confidential.Option) confidential.Client {
	return client(name, secret(tenant["secret"]), options...)
}

func secret(text string) confidential.Credential {
	credential, err := confidential.NewCredFromSecret(text)
	if err != nil {
		panic(err)
	}
	return credential
}

func publicClient() public.Client {
	made, err := public.New(tenant["native"], public.WithAuthority(authority), public.WithInstanceDiscovery(false))
	if err != nil {
		panic(err)
	}
	return made
}

func presents(assertion func() (string, error)) confidential.Credential {
	return confidential.NewCredFromAssertionCallback(
		func(context.Context, confidential.AssertionRequestOptions) (string, error) { return assertion() })
}

// blueprint is one client for T1, as a service would have it.
var blueprint = withSecret("blueprint")

func t1(agent string) (string, error) {
	result, err := blueprint.AcquireTokenByCredential(ctx, exchange, confidential.WithFMIPath(tenant[agent]))
	return result.AccessToken, err
}

func agent(name string) confidential.Client {
	return client(name, presents(func() (string, error) { return t1(name) }))
}

func t2() (string, error) {
	result, err := agent("agent").AcquireTokenByCredential(ctx, exchange)
	return result.AccessToken, err
}

func asAgentUser(from confidential.Client, who confidential.AcquireByUserFICOption) (confidential.AuthResult, error) {
	assertion, err := t2()
	if err != nil {
		return confidential.AuthResult{}, err
	}
	return from.AcquireTokenByUserFederatedIdentityCredential(ctx, targetScope, assertion, who)
}

func federated(assertion string) func() (string, error) {
	return func() (string, error) {
		from := client("blueprint", presents(func() (string, error) { return tenant[assertion], nil }))
		result, err := from.AcquireTokenByCredential(ctx, exchange, confidential.WithFMIPath(tenant["agent"]))
		return hasToken(result), err
	}
}

func byCertificate() (string, error) {
	certificates, key, err := confidential.CertFromPEM([]byte(tenant["blueprintCertificate"]+tenant["blueprintKey"]), "")
	if err != nil {
		return "", err
	}
	credential, err := confidential.NewCredFromCert(certificates, key)
	if err != nil {
		return "", err
	}
	result, err := client("blueprint", credential).AcquireTokenByCredential(ctx, exchange, confidential.WithFMIPath(tenant["agent"]))
	return hasToken(result), err
}

func hasToken(result confidential.AuthResult) string {
	if result.AccessToken == "" {
		return "no token"
	}
	return "token"
}

func appToken(from confidential.Client, scopes []string, names ...string) func() (string, error) {
	return func() (string, error) {
		result, err := from.AcquireTokenByCredential(ctx, scopes)
		if err != nil {
			return "", err
		}
		return claims(result.AccessToken, names...)
	}
}

func onBehalf(from confidential.Client, assertion string, names ...string) func() (string, error) {
	return func() (string, error) {
		result, err := from.AcquireTokenOnBehalfOf(ctx, tenant[assertion], targetScope)
		if err != nil {
			return "", err
		}
		return claims(result.AccessToken, names...)
	}
}

func isFromCache(result confidential.AuthResult, err error) (string, error) {
	return fmt.Sprint(result.Metadata.TokenSource == confidential.TokenSourceCache), err
}

func signInAtShop() (confidential.Client, confidential.AuthResult, error) {
	shop := withSecret("web")
	address, err := shop.AuthCodeURL(ctx, tenant["web"], tenant["redirectUri"], use)
	if err != nil {
		return shop, confidential.AuthResult{}, err
	}
	fields, err := signIn(address)
	if err != nil {
		return shop, confidential.AuthResult{}, err
	}
	result, err := shop.AcquireTokenByAuthCode(ctx, fields.Get("code"), tenant["redirectUri"], use)
	return shop, result, err
}

func challenged() (string, error) {
	_, err := withSecret("api").AcquireTokenOnBehalfOf(ctx, tenant["userTokenForApi"], targetScope)
	var refused msalerrors.CallErr
	if !errors.As(err, &refused) {
		return "", err
	}
	answer := struct{ Error, Claims string }{}
	err = json.NewDecoder(refused.Resp.Body).Decode(&answer)
	return answer.Error + " " + answer.Claims, err
}

func at(seconds int) func() (string, error) {
	return func() (string, error) { return withClock(seconds, byCertificate) }
}

func main() {
	cp1 := confidential.WithClientCapabilities([]string{"cp1"})
	makeCalls("MSAL Go", []call{
		{"authority: WithInstanceDiscovery(false)", "azp={daemon}", appToken(withSecret("daemon"), target, "azp")},
		{"client credentials: secret", "azp={daemon} azpacr=1", appToken(withSecret("daemon"), target, "azp", "azpacr")},
		{"client credentials: certificate (T1)", "token", byCertificate},
		{"client credentials: federated assertion (T1)", "token", federated("assertion")},
		{"cache: the second call does not ask", "true", func() (string, error) {
			from := withSecret("daemon")
			if _, err := from.AcquireTokenByCredential(ctx, target); err != nil {
				return "", err
			}
			return isFromCache(from.AcquireTokenByCredential(ctx, target))
		}},
		{"T1 (fmi_path)", `/\/{agent}$/`, func() (string, error) {
			token, err := t1("agent")
			if err != nil {
				return "", err
			}
			return claims(token, "sub")
		}},
		{"cache: two agents of one blueprint do not share T1", "true", func() (string, error) {
			first, err := t1("agent")
			if err != nil {
				return "", err
			}
			second, err := t1("otherAgent")
			return fmt.Sprint(first != second), err
		}},
		{"TR app-only", "azp={agent} roles=Weather.Read.All", appToken(agent("agent"), target, "azp", "roles")},
		{"T2", "azp={agent}", appToken(agent("agent"), exchange, "azp")},
		{"T3 (user_fic by object id)", "oid={agentUser} azp={agent}", func() (string, error) {
			result, err := asAgentUser(agent("agent"), confidential.WithUserObjectID(tenant["agentUser"]))
			if err != nil {
				return "", err
			}
			return claims(result.AccessToken, "oid", "azp")
		}},
		{"T3 (user_fic by name)", "oid={agentUser}", func() (string, error) {
			result, err := asAgentUser(agent("agent"), confidential.WithUserFICUsername(tenant["agentUserName"]))
			if err != nil {
				return "", err
			}
			return claims(result.AccessToken, "oid")
		}},
		{"T3 then silent from the cache", "true", func() (string, error) {
			from := agent("agent")
			result, err := asAgentUser(from, confidential.WithUserObjectID(tenant["agentUser"]))
			if err != nil {
				return "", err
			}
			return isFromCache(from.AcquireTokenSilent(ctx, targetScope, confidential.WithSilentAccount(result.Account)))
		}},
		{"OBO by an ordinary API", "azp={api} oid={user}", onBehalf(withSecret("api"), "userTokenForApi", "azp", "oid")},
		{"OBO by an agent", "azp={agent} oid={user} scp=Weather.Read", onBehalf(agent("agent"), "userTokenForBlueprint", "azp", "oid", "scp")},
		{"auth code without PKCE: web app with a secret (allowed at Entra)", "user={userName}", func() (string, error) {
			_, result, err := signInAtShop()
			return "user=" + result.Account.PreferredUsername, err
		}},
		{"web app: silent from the cache", "true", func() (string, error) {
			shop, result, err := signInAtShop()
			if err != nil {
				return "", err
			}
			return isFromCache(shop.AcquireTokenSilent(ctx, use, confidential.WithSilentAccount(result.Account)))
		}},
		{"interactive: native public client (own browser opener)", "user={userName}", func() (string, error) {
			open := func(address string) error {
				go signIn(address)
				return nil
			}
			if tenant["control"] == "" {
				return "", errNotPossible
			}
			patient, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			result, err := publicClient().AcquireTokenInteractive(patient, use, public.WithOpenURL(open))
			return "user=" + result.Account.PreferredUsername, err
		}},
		{"device code", "token", func() (string, error) {
			device, err := publicClient().AcquireTokenByDeviceCode(ctx, use)
			if err != nil {
				return "", err
			}
			if _, err := signIn(device.Result.VerificationURL + "?otc=" + device.Result.UserCode); err != nil {
				return "", err
			}
			result, err := device.AuthenticationResult(ctx)
			return hasToken(result), err
		}},
		{"refusal: wrong secret", "AADSTS7000215", appToken(client("daemon", secret("wrong")), target)},
		{"refusal: unknown application", "AADSTS700016", appToken(withSecret(unknown), target)},
		{"refusal: application id of zeros", "AADSTS700038", appToken(withSecret("00000000-0000-0000-0000-000000000000"), target)},
		{"refusal: disabled application", "AADSTS7000112", appToken(withSecret("disabled"), target)},
		{"refusal: unknown resource", "AADSTS500011", appToken(withSecret("daemon"), []string{scopeOf(unknown, ".default")})},
		{"refusal: scope without /.default in client credentials", "AADSTS1002012", appToken(withSecret("daemon"), targetScope)},
		{"refusal: assertion expired", "AADSTS700024", federated("assertionExpired")},
		{"refusal: assertion of an unknown issuer", "AADSTS700211", federated("assertionOfUnknownIssuer")},
		{"refusal: assertion with the wrong audience", "AADSTS700212", federated("assertionWithWrongAudience")},
		{"refusal: assertion with the wrong subject", "AADSTS700213", federated("assertionWithWrongSubject")},
		{"refusal: assertion signed by another key", `/AADSTS(700027\d?|50013)/`, federated("assertionOfOtherKey")},
		{"refusal: consent is missing (OBO)", "AADSTS65001", onBehalf(agent("trainee"), "userTokenForBlueprint")},
		{"refusal: Conditional Access blocks", "AADSTS53003", func() (string, error) {
			return withFault("obo", `{"kind":"conditional-access","code":53003}`, onBehalf(agent("agent"), "userTokenForBlueprint"))
		}},
		{"claims challenge: the error carries claims", "/^interaction_required .*access_token/", func() (string, error) {
			return withFault("obo", `{"kind":"conditional-access"}`, challenged)
		}},
		{"CAE: cp1 asked, API wants xms_cc: it is in the token", "xms_cc=cp1", appToken(withSecret("daemon", cp1), api, "xms_cc")},
		{"CAE: claims of a challenge pass the cache by", "false", func() (string, error) {
			from := withSecret("daemon", cp1)
			if _, err := from.AcquireTokenByCredential(ctx, api); err != nil {
				return "", err
			}
			challenge := confidential.WithClaims(`{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`)
			return isFromCache(from.AcquireTokenByCredential(ctx, api, challenge))
		}},
		{"clock: server 20 min ahead refuses a 10-minute certificate assertion", "AADSTS700024", at(1_200)},
		{"clock: server 20 min behind refuses it as not yet valid", "AADSTS700024", at(-1_200)},
		{"clock: 2 min apart is fine", "token", at(120)},
	})
}
