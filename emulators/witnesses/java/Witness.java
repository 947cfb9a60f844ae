import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import com.azure.json.JsonWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What the calls share: the tenant, a line for each call, the control plane and the sign-in page. */
final class Witness {
  private static final Pattern ID =
      Pattern.compile("[\\w.-]+@[\\w.-]+|[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}");
  private static final Pattern REFUSAL = Pattern.compile("AADSTS\\d+");
  private static final Pattern HIDDEN =
      Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"");

  /** Says that this tenant gives no means for the call, such as a control plane or a sign-in without a password. */
  static final class NotPossible extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** Ids, credentials and tokens by name. */
  final Map<String, String> tenant;

  Witness(Path file) throws Exception {
    try (JsonReader reader = JsonProviders.createReader(Files.readString(file))) {
      tenant = reader.readMap(JsonReader::getString);
    }
    String trusted = System.getenv("SSL_CERT_FILE");
    if (trusted != null) trust(Path.of(trusted));
  }

  /** Lets this process trust the certificates of a file, as other languages do by SSL_CERT_FILE. */
  private static void trust(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (InputStream content = Files.newInputStream(file)) {
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(content))
        store.setCertificateEntry("trusted " + store.size(), one);
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }

  /** Makes a call, and prints a line of JSON for it. */
  void call(String name, String expected, Callable<Object> make) throws IOException {
    String got = "";
    String result = "RED";
    try {
      got = outcome(make);
      if (matches(expected, got)) result = "ok";
    } catch (NotPossible notPossible) {
      result = "not possible";
    }
    StringWriter line = new StringWriter();
    try (JsonWriter writer = JsonProviders.createWriter(line)) {
      writer.writeStartObject();
      writer.writeStringField("client", "MSAL Java").writeStringField("name", name);
      writer.writeStringField("expected", expected).writeStringField("got", got);
      writer.writeStringField("result", result).writeEndObject();
    }
    System.out.println(line);
  }

  /** What came, with the names of the ids in their place, so that it reads the same for every tenant. */
  private String outcome(Callable<Object> make) throws NotPossible {
    String got;
    try {
      got = String.valueOf(make.call());
    } catch (NotPossible notPossible) {
      throw notPossible;
    } catch (Exception error) {
      var refused = REFUSAL.matcher(error.toString());
      if (refused.find()) return refused.group();
      got = error.toString().replaceAll("\\s+", " ");
    }
    for (var one : tenant.entrySet())
      if (ID.matcher(one.getValue()).matches())
        got = got.replace(one.getValue(), "{" + one.getKey() + "}");
    got = got.replaceAll("eyJ[\\w.-]+", "{token}");
    return got.substring(0, Math.min(got.length(), 200));
  }

  private static boolean matches(String expected, String got) {
    if (!expected.startsWith("/")) return got.equals(expected);
    // Braces are names of ids here, and no repetition.
    String pattern = expected.substring(1, expected.length() - 1).replaceAll("[{}]", "\\\\$0");
    return Pattern.compile(pattern).matcher(got).find();
  }

  /** Claims of a token, as {@code name=value}. */
  static String claims(String token, String... names) throws IOException {
    byte[] content = Base64.getUrlDecoder().decode(token.split("\\.")[1]);
    Map<String, Object> all;
    try (JsonReader reader = JsonProviders.createReader(content)) {
      all = reader.readMap(JsonReader::readUntyped);
    }
    return Stream.of(names)
        .map(name -> name + "=" + text(all.get(name)))
        .collect(Collectors.joining(" "));
  }

  private static String text(Object value) {
    if (!(value instanceof List<?> many)) return String.valueOf(value);
    return many.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  String scopeOf(String api, String scope) {
    return "api://" + tenant.getOrDefault(api, api) + "/" + scope;
  }

  private void control(String method, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(control() + "/" + path))
            .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) request.header("content-type", "application/json");
    var response = HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    if (response.statusCode() >= 400) throw new IOException("control plane: " + response.body());
  }

  private String control() throws NotPossible {
    String url = tenant.get("control");
    if (url == null || url.isEmpty()) throw new NotPossible();
    return url;
  }

  /** Makes a call while requests of one leg meet a fault. */
  Object withFault(String leg, String fault, Callable<Object> make) throws Exception {
    control("PUT", "faults", "{\"faults\":[{\"target\":{\"leg\":\"" + leg + "\"},\"fault\":" + fault + "}]}");
    try {
      return make.call();
    } finally {
      control("DELETE", "faults", "");
    }
  }

  /** Makes a call while the server's clock is off. */
  Object withClock(int seconds, Callable<Object> make) throws Exception {
    control("PATCH", "settings", "{\"clockOffsetSeconds\":" + seconds + "}");
    try {
      return make.call();
    } finally {
      control("PATCH", "settings", "{\"clockOffsetSeconds\":0}");
    }
  }

  /**
   * Signs the user in at the emulator's page, which asks for no password, and consents. Returns what the application gets, and
   * sends it there if the application listens on this machine.
   */
  Map<String, String> signIn(String address) throws Exception {
    control();
    HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    String page = "";
    for (Map<String, String> form :
        List.of(Map.of("account", tenant.get("user")), Map.of("account", tenant.get("user"), "consent", "accept"))) {
      HttpResponse<String> response = post(browser, address, form);
      var back = response.headers().firstValue("location");
      if (back.isPresent()) return parse(URI.create(back.get()).getRawQuery());
      page = response.body();
      Map<String, String> fields = new LinkedHashMap<>();
      HIDDEN.matcher(page).results().forEach(match -> fields.put(match.group(1), plain(match.group(2))));
      if (fields.containsKey("code")) {
        var to = Pattern.compile("action=\"([^\"]+)\"").matcher(page);
        if (to.find() && to.group(1).startsWith("http://localhost")) post(browser, plain(to.group(1)), fields);
        return fields;
      }
      if (page.contains("close this window")) return fields;
    }
    throw new IOException(page.replaceAll("<[^>]+>", " "));
  }

  private static HttpResponse<String> post(HttpClient browser, String address, Map<String, String> form)
      throws IOException, InterruptedException {
    String body =
        form.entrySet().stream()
            .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    var request =
        HttpRequest.newBuilder(URI.create(address))
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body));
    return browser.send(request.build(), BodyHandlers.ofString());
  }

  private static Map<String, String> parse(String query) {
    return Stream.of(query.split("&"))
        .map(field -> field.split("=", 2))
        .collect(Collectors.toMap(field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
  }

  private static String plain(String html) {
    return html.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
  }

  static byte[] bytesOf(String pem) {
    return Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]+-----", ""));
  }

  static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
