package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// errNotPossible says that this tenant gives no means for the call, such as a control plane or a sign-in without a password.
var errNotPossible = errors.New("not possible")

// tenant has ids, credentials and tokens by name.
var tenant = readTenant()

func readTenant() map[string]string {
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	found := map[string]string{}
	if err := json.Unmarshal(content, &found); err != nil {
		panic(err)
	}
	return found
}

var (
	id      = regexp.MustCompile(`^([\w.-]+@[\w.-]+|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$`)
	jwt     = regexp.MustCompile(`eyJ[\w.-]+`)
	refusal = regexp.MustCompile(`AADSTS\d+`)
	spaces  = regexp.MustCompile(`\s+`)
)

type call struct {
	name, expected string
	make           func() (string, error)
}

type line struct {
	Client   string `json:"client"`
	Name     string `json:"name"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Result   string `json:"result"`
}

// makeCalls makes the calls of one client in turn, and prints a line of JSON for each.
func makeCalls(client string, calls []call) {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, one := range calls {
		result := "RED"
		got, err := one.make()
		if errors.Is(err, errNotPossible) {
			result = "not possible"
		} else if got = outcome(got, err); matches(one.expected, got) {
			result = "ok"
		}
		_ = out.Encode(line{client, one.name, one.expected, got, result})
	}
}

// outcome is what came, with the names of the ids in their place, so that it reads the same for every tenant.
func outcome(got string, err error) string {
	if err != nil {
		if code := refusal.FindString(err.Error()); code != "" {
			return code
		}
		got = spaces.ReplaceAllString(err.Error(), " ")
	}
	for name, value := range tenant {
		if id.MatchString(value) {
			got = strings.ReplaceAll(got, value, "{"+name+"}")
		}
	}
	got = jwt.ReplaceAllString(got, "{token}")
	return got[:min(len(got), 200)]
}

func matches(expected, got string) bool {
	if pattern, found := strings.CutPrefix(expected, "/"); found {
		return regexp.MustCompile(strings.TrimSuffix(pattern, "/")).MatchString(got)
	}
	return got == expected
}

// claims are claims of a token, as `name=value`.
func claims(token string, names ...string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return "", errors.New("no token")
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	all := map[string]any{}
	if err := json.Unmarshal(content, &all); err != nil {
		return "", err
	}
	shown := []string{}
	for _, name := range names {
		value := all[name]
		if many, isList := value.([]any); isList {
			value = strings.Trim(fmt.Sprint(many), "[]")
		}
		shown = append(shown, fmt.Sprintf("%s=%v", name, value))
	}
	return strings.Join(shown, " "), nil
}

func scopeOf(api, scope string) string {
	if appID, found := tenant[api]; found {
		api = appID
	}
	return "api://" + api + "/" + scope
}

func control(method, path, body string) error {
	if tenant["control"] == "" {
		return errNotPossible
	}
	request, err := http.NewRequest(method, tenant["control"]+"/"+path, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	if body != "" {
		request.Header.Set("content-type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return fmt.Errorf("control plane: %s", response.Status)
	}
	return nil
}

// withFault makes a call while requests of one leg meet a fault.
func withFault(leg, fault string, make func() (string, error)) (string, error) {
	body := fmt.Sprintf(`{"faults":[{"target":{"leg":"%s"},"fault":%s}]}`, leg, fault)
	if err := control("PUT", "faults", body); err != nil {
		return "", err
	}
	defer control("DELETE", "faults", "")
	return make()
}

// withClock makes a call while the server’s clock is off.
func withClock(seconds int, make func() (string, error)) (string, error) {
	if err := control("PATCH", "settings", fmt.Sprintf(`{"clockOffsetSeconds":%d}`, seconds)); err != nil {
		return "", err
	}
	defer control("PATCH", "settings", `{"clockOffsetSeconds":0}`)
	return make()
}

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	action = regexp.MustCompile(`action="([^"]+)"`)
)

// signIn signs the user in at the emulator’s page, which asks for no password, and consents. It returns what the application gets, and sends it there
// if the application listens.
func signIn(address string) (url.Values, error) {
	if tenant["control"] == "" {
		return nil, errNotPossible
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	browser := &http.Client{Jar: jar, CheckRedirect: stay}
	text := ""
	for _, form := range []url.Values{{}, {"consent": {"accept"}}} {
		form.Set("account", tenant["user"])
		response, err := browser.PostForm(address, form)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			return nil, err
		}
		if back, err := response.Location(); err == nil {
			return back.Query(), nil
		}
		text = string(content)
		fields := url.Values{}
		for _, match := range hidden.FindAllStringSubmatch(text, -1) {
			fields.Set(match[1], html.UnescapeString(match[2]))
		}
		if fields.Has("code") {
			to := html.UnescapeString(action.FindStringSubmatch(text)[1])
			_, err := browser.PostForm(to, fields)
			return fields, err
		}
		if strings.Contains(text, "close this window") {
			return fields, nil
		}
	}
	return nil, errors.New(regexp.MustCompile(`<[^>]+>`).ReplaceAllString(text, " "))
}
