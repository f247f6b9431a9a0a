package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/platform/private"
)

func service() Service {
	return Service{Name: "marketplace", Version: "1.2.3", Environment: "development", Node: "web-1"}
}

// logTo returns a logger and what it has written so far.
func logTo(t *testing.T, format, level string) (*zap.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := NewLogger(levelsOf(t, config.Log{Level: level}), format, service(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return log, &out
}

func levelsOf(t testing.TB, c config.Log) *Levels {
	t.Helper()
	levels, err := NewLevels(c)
	if err != nil {
		t.Fatal(err)
	}
	return levels
}

func TestALineOfTheLogIsECS(t *testing.T) {
	log, out := logTo(t, "json", "info")
	ctx := identity.WithRequest(t.Context(), "request-1")
	log.Debug("not this one")
	For(ctx, log.Named("order")).Error("Could not place the order.", zap.Error(fmt.Errorf("insert: %w", errors.New("disk full"))),
		zap.String("url.path", "/orders/:id"), zap.Int64("market.amount_minor", 9_007_199_254_740_993), zap.Duration("event.duration", time.Second))
	var line map[string]any
	decoder := json.NewDecoder(out)
	decoder.UseNumber()
	if err := decoder.Decode(&line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"log.level": "error", "message": "Could not place the order.", "ecs.version": "1.6.0", "log.logger": "order",
		"service.name": "marketplace", "service.version": "1.2.3", "service.environment": "development", "event.dataset": "marketplace.app",
		"event.module": "order", "service.node.name": "web-1",
		"http.request.id": "request-1", "url.path": "/orders/:id", "market.amount_minor": "9007199254740993", "event.duration": "1000000000",
	} {
		if fmt.Sprint(line[key]) != want {
			t.Errorf("%s is %v, want %s", key, line[key], want)
		}
	}
	if fault, ok := line["error"].(map[string]any); !ok || fault["message"] != "insert: disk full" || fault["type"] != "*errors.errorString" {
		t.Errorf("error is %v", line["error"])
	}
	if at, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(line["@timestamp"])); err != nil || time.Since(at) > time.Hour {
		t.Errorf("@timestamp is not UTC: %v", line["@timestamp"])
	}
	if decoder.More() {
		t.Error("more than one line was written")
	}
}

func TestFurtherReadersGetEveryLineAsECSWhateverTheFormat(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		var out, other bytes.Buffer
		log, err := NewLogger(levelsOf(t, config.Log{Level: "info"}), format, service(), &out, &other)
		if err != nil {
			t.Fatal(err)
		}
		log.Debug("Not this one.")
		log.Info("Stored.", zap.String("password", "canary"))
		var line map[string]any
		if err := json.Unmarshal(other.Bytes(), &line); err != nil || line["message"] != "Stored." || line["service.name"] != "marketplace" || line["password"] != Hidden {
			t.Errorf("%s: %s, %v", format, other.String(), err)
		}
		if !strings.Contains(out.String(), "Stored.") {
			t.Errorf("%s: standard output has %q", format, out.String())
		}
	}
}

func TestALineWithoutARequestHasNoRequestID(t *testing.T) {
	log, out := logTo(t, "json", "info")
	For(t.Context(), log).Info("Started.")
	if strings.Contains(out.String(), "request") {
		t.Error(out.String())
	}
}

const (
	canary = "canary7f3a9c"
	person = "ada.canary@example.com"
	token  = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ.canarycanary"
)

type login struct {
	Login    string            `json:"login"`
	Password string            `json:"password"`
	Inner    map[string]any    `json:"inner"`
	Headers  map[string]string `json:"headers"`
}

type nested struct{}

func (nested) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddString("Password", canary)
	e.AddString("note", "mail "+person)
	return e.AddObject("deep", zapcore.ObjectMarshalerFunc(func(e zapcore.ObjectEncoder) error {
		e.AddString("api-key", canary)
		e.AddByteString("raw", []byte("token="+canary))
		e.AddInt64("kept", 9_007_199_254_740_993)
		return nil
	}))
}

// private texts under names that say nothing, in every kind of value.
type veiledRequest struct {
	Word  private.Secret              `json:"word"`
	Where private.Personal            `json:"where"`
	List  []private.Secret            `json:"list"`
	Map   map[string]private.Personal `json:"map"`
	Any   any                         `json:"any"`
	Deep  *veiledRequest              `json:"deep"`
	Kept  int64                       `json:"kept"`
}

func privately() veiledRequest {
	inner := veiledRequest{Word: canary, Any: private.Secret(canary)}
	return veiledRequest{Word: canary, Where: canary, List: []private.Secret{canary}, Map: map[string]private.Personal{"a": canary},
		Any: []any{map[string]any{"b": private.Secret(canary)}, &inner}, Deep: &inner, Kept: 9_007_199_254_740_993}
}

type shy struct{}

func (*shy) String() string { return "secret=" + canary }

type broken struct{ text *string }

func (b broken) Error() string { return *b.text }

// planted is every way a secret was seen to enter a log.
func planted() []zapcore.Field {
	inner := privately()
	return []zapcore.Field{
		zap.String("password", canary), zap.String("new_password", canary), zap.String("http.request.headers.Authorization", canary),
		zap.String("Set-Cookie", canary), zap.ByteString("session_token", []byte(canary)), zap.Binary("secretKey", []byte(canary)),
		zap.Strings("refresh_tokens", []string{canary}), zap.Int("otp", 123456), zap.Any("credentials", map[string]string{"a": canary}),
		zap.String("user.email", "someone at canary7f3a9c"), zap.String("note", "write to "+person), zap.String("to", person),
		zap.String("header", "Bearer "+canary+canary), zap.String("jwt", token), zap.ByteString("body", []byte(`{"password":"`+canary+`"}`)),
		zap.String("dsn", "postgres://user:"+canary+"@db/market"), zap.String("url", "/verify?token="+canary+"&next=/"),
		zap.String("url.query", "email=ada.canary%40example.com"),
		zap.Error(errors.New("smtp://u:" + canary + "@mail.example refused " + person)), zap.NamedError("cause", errors.New("token="+canary)),
		zap.Errors("all", []error{errors.New("password: " + canary)}),
		zap.Any("login", login{Login: person, Password: canary, Inner: map[string]any{"secret": canary, "list": []string{"token=" + canary}}, Headers: map[string]string{"cookie": canary}}),
		zap.Object("object", nested{}), zap.Inline(nested{}), zap.Objects("objects", []nested{{}, {}}),
		zap.Dict("dict", zap.String("token", canary), zap.String("who", person)),
		zap.Stringer("stringer", &shy{}), zap.Stringer("address", &url.URL{Scheme: "amqp", User: url.UserPassword("u", canary), Host: "mq"}),
		zap.Reflect("channel", make(chan int)), zap.Error(broken{}), zap.Stringp("pointer", ptr("api_key="+canary)), zap.Namespace("http"), zap.String("token", canary),
		zap.Any("request", privately()), zap.Reflect("pointer", &inner), zap.Any("list", []veiledRequest{privately()}), zap.Any("word", private.Secret(canary)),
		zap.Stringer("where", private.Personal(canary)), zap.Any("words", map[string]any{"one": private.Secret(canary), "more": []private.Secret{canary}}),
		zap.Error(fmt.Errorf("cannot use %v of %+v", private.Secret(canary), privately())),
	}
}

func ptr(s string) *string { return &s }

// Row X4: canaries planted in every kind of field, in messages and in the logger itself never come out.
func TestSecretsAndAddressesNeverReachTheLog(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		for i, field := range planted() {
			log, out := logTo(t, format, "debug")
			log.Info("A field.", field)
			log.With(field).Named("module").Info("The logger's own.", zap.Int("kept", 1))
			if text := out.String(); strings.Contains(text, "canary") || strings.Contains(text, "123456") {
				t.Errorf("%s, field %d (%s): %s", format, i, field.Key, text)
			}
			if strings.Count(out.String(), "\n") != 2 {
				t.Errorf("%s, field %d (%s): not two lines: %s", format, i, field.Key, out)
			}
		}
		log, out := logTo(t, format, "debug")
		log.Info("Mail to "+person+" with token="+canary+" and "+token, planted()...)
		log.Sugar().Infow("sugar", "password", canary, "who", person)
		if text := out.String(); strings.Contains(text, "canary") || !strings.Contains(text, Hidden) {
			t.Errorf("%s: %s", format, text)
		}
	}
}

func TestWhatIsHarmlessIsLoggedAsItIs(t *testing.T) {
	log, out := logTo(t, "json", "debug")
	texts := []string{"status code: 500", "duplicate key: gig_slug", "12:30:45", "/orders/:id", "10 % of 20 @ noon", "the basic package", "a=b", "https://market.example/gigs?page=2"}
	fields := make([]zapcore.Field, len(texts))
	for i, text := range texts {
		fields[i] = zap.String(fmt.Sprint("f", i), text)
	}
	log.Info("Harmless.", append(fields, zap.Object("object", nested{}), zap.Ints("list", []int{1, 2}))...)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if line[fmt.Sprint("f", i)] != text {
			t.Errorf("%q became %q", text, line[fmt.Sprint("f", i)])
		}
	}
	if !strings.Contains(out.String(), `"kept":9007199254740993`) || !strings.Contains(out.String(), `"list":[1,2]`) {
		t.Error(out.String())
	}
}

func TestACallersFieldsAreNotChanged(t *testing.T) {
	log, _ := logTo(t, "json", "debug")
	fields := []zapcore.Field{zap.String("password", canary), zap.Error(errors.New("x"))}
	log.Info("Once.", fields...)
	if fields[0].String != canary || fields[1].Type != zapcore.ErrorType {
		t.Errorf("got %+v", fields)
	}
}

func TestPeopleCannotAddLinesToAConsole(t *testing.T) {
	log, out := logTo(t, "console", "info")
	log.Info("Hello\r\n12:00:00.000 ERROR forged \x1b[31m")
	if strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), "\x1b[31m") {
		t.Errorf("%q", out)
	}
}

func TestAnUnknownLevelOrFormatIsRefused(t *testing.T) {
	for _, c := range []config.Log{{Level: "loud"}, {Level: "info", Modules: map[string]string{"order": "loud"}}, {Level: "info", Modules: map[string]string{"Order!": "info"}}} {
		if _, err := NewLevels(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if _, err := NewLogger(levelsOf(t, config.Log{Level: "info"}), "xml", service(), io.Discard); err == nil {
		t.Error("xml was accepted")
	}
}

func TestTheMetricsSayWhatIsRunning(t *testing.T) {
	registry := NewRegistry(service())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, family := range families {
		got[family.GetName()] = true
	}
	if !got["marketplace_build_info"] || !got["go_goroutines"] || !got["process_resident_memory_bytes"] {
		t.Errorf("the process's own series are missing: %v", got)
	}
}

func BenchmarkALineWithFiveFields(b *testing.B) {
	log, err := NewLogger(levelsOf(b, config.Log{Level: "info"}), "json", service(), discard{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		log.Info("Answered.", zap.String("http.request.method", "GET"), zap.String("url.path", "/gigs/:id"),
			zap.Int("http.response.status_code", 200), zap.Duration("event.duration", 1), zap.String("http.request.id", "0190a5c17b3e"))
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
