import com.microsoft.aad.msal4j.AuthorizationCodeParameters;
import com.microsoft.aad.msal4j.AuthorizationRequestUrlParameters;
import com.microsoft.aad.msal4j.ClaimsRequest;
import com.microsoft.aad.msal4j.ClientCredentialFactory;
import com.microsoft.aad.msal4j.ClientCredentialParameters;
import com.microsoft.aad.msal4j.ConfidentialClientApplication;
import com.microsoft.aad.msal4j.DeviceCodeFlowParameters;
import com.microsoft.aad.msal4j.IAuthenticationResult;
import com.microsoft.aad.msal4j.IClientCredential;
import com.microsoft.aad.msal4j.InteractiveRequestParameters;
import com.microsoft.aad.msal4j.MsalServiceException;
import com.microsoft.aad.msal4j.OnBehalfOfParameters;
import com.microsoft.aad.msal4j.PublicClientApplication;
import com.microsoft.aad.msal4j.SilentParameters;
import com.microsoft.aad.msal4j.SystemBrowserOptions;
import com.microsoft.aad.msal4j.TokenSource;
import com.microsoft.aad.msal4j.UserAssertion;
import com.microsoft.aad.msal4j.UserFederatedIdentityCredentialParameters;
import java.net.URI;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The calls of MSAL for Java; those with the same names in another language are the same calls. */
final class Main {
  private static final String UNKNOWN = "99999999-0000-4000-8000-000000000009";
  private static final Set<String> EXCHANGE = Set.of("api://AzureADTokenExchange/.default");

  private final Witness witness;
  private final Map<String, String> tenant;
  private final String authority;
  private final Set<String> target;
  private final Set<String> targetScope;
  private final Set<String> api;
  private final Set<String> use;

  /** One client for T1, as a service would have it. */
  private final ConfidentialClientApplication blueprint;

  private Main(Witness witness) throws Exception {
    this.witness = witness;
    tenant = witness.tenant;
    authority = tenant.get("authority") + "/" + tenant.get("tenant") + "/";
    target = Set.of(witness.scopeOf("target", ".default"));
    targetScope = Set.of(witness.scopeOf("target", tenant.get("targetScope")));
    api = Set.of(witness.scopeOf("api", ".default"));
    use = Set.of(witness.scopeOf("api", "Use"));
    blueprint = withSecret("blueprint");
  }

  public static void main(String[] arguments) throws Exception {
    new Main(new Witness(Path.of(arguments[0]))).makeCalls();
    // MSAL leaves threads behind.
    System.exit(0);
  }

  private ConfidentialClientApplication.Builder builder(String name, IClientCredential credential) {
    return ConfidentialClientApplication.builder(tenant.getOrDefault(name, name), credential);
  }

  private ConfidentialClientApplication client(String name, IClientCredential credential) throws Exception {
    return builder(name, credential).authority(authority).instanceDiscovery(false).build();
  }

  private ConfidentialClientApplication withSecret(String name) throws Exception {
    return client(name, secret(tenant.get("secret")));
  }

  private ConfidentialClientApplication withCp1(String name) throws Exception {
    return builder(name, secret(tenant.get("secret")))
        .authority(authority)
        .instanceDiscovery(false)
        .clientCapabilities(Set.of("cp1"))
        .build();
  }

  private static IClientCredential secret(String text) {
    return ClientCredentialFactory.createFromSecret(text);
  }

  private PublicClientApplication publicClient() throws Exception {
    return PublicClientApplication.builder(tenant.get("native")).authority(authority).instanceDiscovery(false).build();
  }

  /** The result, or why there is none, without the wrapping of the future. */
  private static <T> T wait(CompletableFuture<T> future) throws Exception {
    try {
      return future.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException error) {
      throw error.getCause() instanceof Exception cause ? cause : error;
    }
  }

  private static IAuthenticationResult get(ConfidentialClientApplication from, Set<String> scopes) throws Exception {
    return wait(from.acquireToken(ClientCredentialParameters.builder(scopes).build()));
  }

  private String t1(ConfidentialClientApplication from, String agent) throws Exception {
    var wanted = ClientCredentialParameters.builder(EXCHANGE).fmiPath(tenant.get(agent)).build();
    return wait(from.acquireToken(wanted)).accessToken();
  }

  private ConfidentialClientApplication agent(String name) throws Exception {
    Callable<String> assertion = () -> t1(blueprint, name);
    return client(name, ClientCredentialFactory.createFromCallback(assertion));
  }

  private String t2() throws Exception {
    return get(agent("agent"), EXCHANGE).accessToken();
  }

  private IAuthenticationResult asAgentUser(ConfidentialClientApplication from, boolean isByName) throws Exception {
    var wanted =
        isByName
            ? UserFederatedIdentityCredentialParameters.builder(targetScope, tenant.get("agentUserName"), t2())
            : UserFederatedIdentityCredentialParameters.builder(
                targetScope, UUID.fromString(tenant.get("agentUser")), t2());
    return wait(from.acquireToken(wanted.build()));
  }

  private Callable<Object> federated(String assertion) {
    return () ->
        hasToken(
            t1(client("blueprint", ClientCredentialFactory.createFromClientAssertion(tenant.get(assertion))), "agent"));
  }

  private String byCertificate() throws Exception {
    var key = new PKCS8EncodedKeySpec(Witness.bytesOf(tenant.get("blueprintKey")));
    var certificate =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(Witness.stream(tenant.get("blueprintCertificate")));
    var credential =
        ClientCredentialFactory.createFromCertificate(
            KeyFactory.getInstance("RSA").generatePrivate(key), (X509Certificate) certificate);
    return hasToken(t1(client("blueprint", credential), "agent"));
  }

  private static String hasToken(String token) {
    return token == null || token.isEmpty() ? "no token" : "token";
  }

  private Callable<Object> appToken(Callable<ConfidentialClientApplication> from, Set<String> scopes, String... names) {
    return () -> Witness.claims(get(from.call(), scopes).accessToken(), names);
  }

  private Callable<Object> onBehalf(Callable<ConfidentialClientApplication> from, String assertion, String... names) {
    return () -> {
      var wanted = OnBehalfOfParameters.builder(targetScope, new UserAssertion(tenant.get(assertion))).build();
      return Witness.claims(wait(from.call().acquireToken(wanted)).accessToken(), names);
    };
  }

  private static boolean isFromCache(IAuthenticationResult result) {
    return result.metadata().tokenSource() == TokenSource.CACHE;
  }

  private static IAuthenticationResult silent(ConfidentialClientApplication from, Set<String> scopes, IAuthenticationResult before)
      throws Exception {
    return wait(from.acquireTokenSilently(SilentParameters.builder(scopes, before.account()).build()));
  }

  private IAuthenticationResult signInAt(ConfidentialClientApplication shop) throws Exception {
    var asked = AuthorizationRequestUrlParameters.builder(tenant.get("redirectUri"), use);
    String code = witness.signIn(shop.getAuthorizationRequestUrl(asked.build()).toString()).get("code");
    var wanted = AuthorizationCodeParameters.builder(code, URI.create(tenant.get("redirectUri"))).scopes(use).build();
    return wait(shop.acquireToken(wanted));
  }

  private String signInNatively() throws Exception {
    if (!tenant.containsKey("control")) throw new Witness.NotPossible();
    var browser =
        SystemBrowserOptions.builder()
            .openBrowserAction(
                url ->
                    CompletableFuture.runAsync(
                        () -> {
                          try {
                            witness.signIn(url.toString());
                          } catch (Exception error) {
                            throw new IllegalStateException(error);
                          }
                        }));
    var wanted =
        InteractiveRequestParameters.builder(URI.create("http://localhost"))
            .scopes(use)
            .systemBrowserOptions(browser.build())
            .httpPollingTimeoutInSeconds(10)
            .build();
    return "user=" + wait(publicClient().acquireToken(wanted)).account().username();
  }

  private String signInByDevice() throws Exception {
    if (!tenant.containsKey("control")) throw new Witness.NotPossible();
    var wanted =
        DeviceCodeFlowParameters.builder(
                use,
                device -> {
                  try {
                    witness.signIn(device.verificationUri() + "?otc=" + device.userCode());
                  } catch (Exception error) {
                    throw new IllegalStateException(error);
                  }
                })
            .build();
    return hasToken(wait(publicClient().acquireToken(wanted)).accessToken());
  }

  private String challenged() throws Exception {
    try {
      return (String) onBehalf(() -> withSecret("api"), "userTokenForApi").call();
    } catch (MsalServiceException refused) {
      return refused.errorCode() + " " + refused.claims();
    }
  }

  private Callable<Object> at(int seconds) {
    return () -> witness.withClock(seconds, this::byCertificate);
  }

  private void makeCalls() throws Exception {
    witness.call("authority: instanceDiscovery(false)", "azp={daemon}", appToken(() -> withSecret("daemon"), target, "azp"));
    witness.call("authority: oidcAuthority", "azp={daemon}", appToken(
        () -> builder("daemon", secret(tenant.get("secret"))).oidcAuthority(authority + "v2.0").build(), target, "azp"));
    witness.call("client credentials: secret", "azp={daemon} azpacr=1", appToken(() -> withSecret("daemon"), target, "azp", "azpacr"));
    witness.call("client credentials: certificate (T1)", "token", this::byCertificate);
    witness.call("client credentials: federated assertion (T1)", "token", federated("assertion"));
    witness.call("cache: the second call does not ask (authority with a port)", "true", () -> {
      var from = withSecret("daemon");
      get(from, target);
      return isFromCache(get(from, target));
    });
    witness.call("T1 (fmi_path)", "/\\/{agent}$/", () -> Witness.claims(t1(blueprint, "agent"), "sub"));
    witness.call("cache: two agents of one blueprint do not share T1", "true",
        () -> !t1(blueprint, "agent").equals(t1(blueprint, "otherAgent")));
    witness.call("TR app-only", "azp={agent} roles=Weather.Read.All", appToken(() -> agent("agent"), target, "azp", "roles"));
    witness.call("T2", "azp={agent}", () -> Witness.claims(t2(), "azp"));
    witness.call("T3 (user_fic by object id)", "oid={agentUser} azp={agent}",
        () -> Witness.claims(asAgentUser(agent("agent"), false).accessToken(), "oid", "azp"));
    witness.call("T3 (user_fic by name)", "oid={agentUser}",
        () -> Witness.claims(asAgentUser(agent("agent"), true).accessToken(), "oid"));
    witness.call("T3 then silent from the cache", "true", () -> {
      var from = agent("agent");
      return isFromCache(silent(from, targetScope, asAgentUser(from, false)));
    });
    witness.call("OBO by an ordinary API", "azp={api} oid={user}", onBehalf(() -> withSecret("api"), "userTokenForApi", "azp", "oid"));
    witness.call("OBO by an agent", "azp={agent} oid={user} scp=Weather.Read",
        onBehalf(() -> agent("agent"), "userTokenForBlueprint", "azp", "oid", "scp"));
    witness.call("auth code without PKCE: web app with a secret (allowed at Entra)", "user={userName}",
        () -> "user=" + signInAt(withSecret("web")).account().username());
    witness.call("web app: silent from the cache", "true", () -> {
      var shop = withSecret("web");
      return isFromCache(silent(shop, use, signInAt(shop)));
    });
    witness.call("interactive: native public client (own browser opener)", "user={userName}", this::signInNatively);
    witness.call("device code", "token", this::signInByDevice);
    witness.call("refusal: wrong secret", "AADSTS7000215", appToken(() -> client("daemon", secret("wrong")), target));
    witness.call("refusal: unknown application", "AADSTS700016", appToken(() -> withSecret(UNKNOWN), target));
    witness.call("refusal: application id of zeros", "AADSTS700038",
        appToken(() -> withSecret("00000000-0000-0000-0000-000000000000"), target));
    witness.call("refusal: disabled application", "AADSTS7000112", appToken(() -> withSecret("disabled"), target));
    witness.call("refusal: unknown resource", "AADSTS500011",
        appToken(() -> withSecret("daemon"), Set.of(witness.scopeOf(UNKNOWN, ".default"))));
    witness.call("refusal: scope without /.default in client credentials", "AADSTS1002012",
        appToken(() -> withSecret("daemon"), targetScope));
    witness.call("refusal: assertion expired", "AADSTS700024", federated("assertionExpired"));
    witness.call("refusal: assertion of an unknown issuer", "AADSTS700211", federated("assertionOfUnknownIssuer"));
    witness.call("refusal: assertion with the wrong audience", "AADSTS700212", federated("assertionWithWrongAudience"));
    witness.call("refusal: assertion with the wrong subject", "AADSTS700213", federated("assertionWithWrongSubject"));
    witness.call("refusal: assertion signed by another key", "/AADSTS(700027\\d?|50013)/", federated("assertionOfOtherKey"));
    witness.call("refusal: consent is missing (OBO)", "AADSTS65001", onBehalf(() -> agent("trainee"), "userTokenForBlueprint"));
    witness.call("refusal: Conditional Access blocks", "AADSTS53003", () -> witness.withFault(
        "obo", "{\"kind\":\"conditional-access\",\"code\":53003}", onBehalf(() -> agent("agent"), "userTokenForBlueprint")));
    witness.call("claims challenge: the error carries claims", "/^interaction_required .*access_token/",
        () -> witness.withFault("obo", "{\"kind\":\"conditional-access\"}", this::challenged));
    witness.call("CAE: cp1 asked, API wants xms_cc: it is in the token", "xms_cc=cp1",
        appToken(() -> withCp1("daemon"), api, "xms_cc"));
    witness.call("CAE: claims of a challenge pass the cache by", "false", () -> {
      var from = withCp1("daemon");
      get(from, api);
      var challenge = ClaimsRequest.formatAsClaimsRequest("{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1700000000\"}}}");
      return isFromCache(wait(from.acquireToken(ClientCredentialParameters.builder(api).claims(challenge).build())));
    });
    witness.call("clock: server 20 min ahead refuses a 10-minute certificate assertion", "AADSTS700024", at(1_200));
    witness.call("clock: server 20 min behind refuses it as not yet valid", "AADSTS700024", at(-1_200));
    witness.call("clock: 2 min apart is fine", "token", at(120));
  }
}
