package redactslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/redact/redactslog"
)

const (
	mail  = "zelda.quaxley@example.org"
	phone = "514-555-0137"
)

type (
	inner struct {
		Addr string `json:"addr"`
		N    int
	}
	Embedded struct {
		Contact string
		Depth   int
	}
	embedded struct {
		Hidden string
		Level  int
	}
	outer struct {
		Embedded
		embedded
		*inner
		Text    string
		private string
		any     any
		Any     any
		List    []string
		Array   [2]string
		Map     map[string]string
		Pointer *string
		Bytes   []byte
		Raw     json.RawMessage
		Err     error
		Empty   string `json:"empty,omitempty"`
		Never   string `json:"-"`
		Quoted  int    `json:"quoted,string"`
	}

	stringer   struct{ s string }
	formatter  struct{ s string }
	marshaler  struct{ s string }
	texter     struct{ s string }
	both2      struct{ S string }
	pointerOne struct{ s string }
	failing    struct{ S string }
	panicking  struct{ S string }
	valuer     struct{ s string }
	endless    struct{}
	loop       struct{ S string }
	liar       struct{ calls *int }
	status     int
	promoted   struct {
		withString
		Other int
	}
	withString string
	node       struct {
		Next *node
		Text string
	}
)

func (s stringer) String() string              { return "stringer " + s.s }
func (s formatter) Format(f fmt.State, _ rune) { io.WriteString(f, "formatter "+s.s) }
func (s marshaler) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"s": s.s, "n": 1.50})
}
func (s texter) MarshalText() ([]byte, error)      { return []byte("texter " + s.s), nil }
func (s both2) MarshalJSON() ([]byte, error)       { return []byte(`{"clean":true}`), nil }
func (s both2) String() string                     { return "says " + s.S }
func (s *pointerOne) MarshalJSON() ([]byte, error) { return json.Marshal("pointer " + s.s) }
func (s failing) MarshalJSON() ([]byte, error)     { return nil, errors.New("failing on " + s.S) }
func (s failing) MarshalText() ([]byte, error)     { return nil, errors.New("failing on " + s.S) }
func (s panicking) String() string                 { panic("panicking on " + s.S) }
func (s panicking) Error() string                  { panic("panicking on " + s.S) }
func (s panicking) MarshalJSON() ([]byte, error)   { panic("panicking on " + s.S) }
func (v valuer) LogValue() slog.Value              { return slog.StringValue("value of " + v.s) }
func (e endless) LogValue() slog.Value             { return slog.GroupValue(slog.Any("more", endless{})) }
func (l loop) LogValue() slog.Value                { return slog.AnyValue(l) }
func (s status) String() string                    { return [...]string{"open", "closed"}[s] }
func (w withString) String() string                { return string(w) }
func (l liar) String() string {
	*l.calls++
	return map[bool]string{true: "clean", false: mail}[*l.calls == 1]
}
func (l liar) MarshalJSON() ([]byte, error) { return json.Marshal(l.String()) }
func pointerTo[T any](v T) *T               { return &v }

type formatPanics struct{ s string }

func (f formatPanics) Format(fmt.State, rune) { panic("formatting " + f.s) }

// TestWithholds logs personal data in every place of a value. None may come out, and what is around it must.
func TestWithholds(t *testing.T) {
	t.Parallel()
	cyclic := &node{Text: mail}
	cyclic.Next = cyclic
	selfMap := map[string]any{"mail": mail}
	selfMap["self"] = selfMap
	selfList := []any{mail, nil}
	selfList[1] = selfList
	deep := any(mail)
	for range 200 {
		deep = []any{deep}
	}
	for name, c := range map[string]struct {
		value      any
		json, text string // "" if it need only be clean
	}{
		"string":             {"to " + mail, `"to [EMAIL_1]"`, `"to [EMAIL_1]"`},
		"named string":       {withStringless("to " + mail), `"to [EMAIL_1]"`, `"to [EMAIL_1]"`},
		"struct":             {inner{mail, 1}, `{"addr":"[EMAIL_1]","N":1}`, `"{Addr:[EMAIL_1] N:1}"`},
		"pointer":            {&inner{mail, 1}, `{"addr":"[EMAIL_1]","N":1}`, `"&{Addr:[EMAIL_1] N:1}"`},
		"pointer to pointer": {pointerTo(&inner{mail, 1}), `{"addr":"[EMAIL_1]","N":1}`, ""},
		"embedded":           {outer{Embedded: Embedded{mail, 2}}, "", ""},
		"embedded private":   {outer{embedded: embedded{mail, 2}}, "", ""},
		"embedded pointer":   {outer{inner: &inner{mail, 1}}, "", ""},
		"private":            {outer{private: mail}, "", ""},
		"private any":        {outer{any: inner{mail, 1}}, "", ""},
		"private stringer":   {struct{ s stringer }{stringer{mail}}, "{}", `{s:{s:[EMAIL_1]}}`},
		"any":                {outer{Any: map[int]any{1: &inner{mail, 1}}}, "", ""},
		"list":               {[]string{"a", mail}, `["a","[EMAIL_1]"]`, `"[a [EMAIL_1]]"`},
		"array":              {[2]string{mail, "b"}, `["[EMAIL_1]","b"]`, `"[[EMAIL_1] b]"`},
		"map":                {map[string]string{"b": mail, "a": "x"}, `{"a":"x","b":"[EMAIL_1]"}`, `"map[a:x b:[EMAIL_1]]"`},
		"map key":            {map[string]int{mail: 1}, `{"[EMAIL_1]":1}`, `map[[EMAIL_1]:1]`},
		"map of structs":     {map[int]inner{7: {mail, 1}}, `{"7":{"addr":"[EMAIL_1]","N":1}}`, `"map[7:{Addr:[EMAIL_1] N:1}]"`},
		"struct key":         {map[[1]string]int{{mail}: 1}, `{"[[EMAIL_1]]":1}`, `map[[[EMAIL_1]]:1]`},
		"any key":            {map[any]int{mail: 1, 2: 3}, "", ""},
		"bytes":              {[]byte("to " + mail), `"to [EMAIL_1]"`, `"to [EMAIL_1]"`},
		"bytes in struct":    {outer{Bytes: []byte(mail)}, "", ""},
		"array of bytes":     {[len(mail)]byte([]byte(mail)), `"[EMAIL_1]"`, `[EMAIL_1]`},
		"named bytes":        {namedBytes(mail), `"[EMAIL_1]"`, `[EMAIL_1]`},
		"raw JSON":           {json.RawMessage(`{"to": "` + mail + `", "n": 1e3}`), `{"to":"[EMAIL_1]","n":1e3}`, ""},
		"raw JSON in struct": {outer{Raw: json.RawMessage(`["` + mail + `"]`)}, "", ""},
		"error":              {fmt.Errorf("sending: %w", errors.New(mail)), `"sending: [EMAIL_1]"`, `"sending: [EMAIL_1]"`},
		"joined errors":      {errors.Join(errors.New(mail), errors.New(phone)), `"[EMAIL_1]\n[PHONE_1]"`, `"[EMAIL_1]\n[PHONE_1]"`},
		"error in struct":    {outer{Err: errors.New(mail)}, "", ""},
		"url error":          {&url.Error{Op: "Get", URL: "https://x.example/?q=" + mail, Err: io.EOF}, "", ""},
		"stringer":           {stringer{mail}, "{}", `"stringer [EMAIL_1]"`},
		"stringer in list":   {[]stringer{{mail}}, "[{}]", `"[stringer [EMAIL_1]]"`},
		"formatter":          {formatter{mail}, "{}", `"formatter [EMAIL_1]"`},
		"marshaler":          {marshaler{mail}, `{"n":1.5,"s":"[EMAIL_1]"}`, `{s:[EMAIL_1]}`},
		"marshaler's key":    {marshalsKey{}, `{"[EMAIL_1]":"x","password":"[withheld]"}`, `"{\"[EMAIL_1]\":\"x\",\"password\":\"[withheld]\"}"`},
		"text marshaler":     {texter{mail}, `"texter [EMAIL_1]"`, `"texter [EMAIL_1]"`},
		"text key":           {map[texter]int{{mail}: 1}, "", ""},
		"both differ":        {both2{mail}, `{"clean":true}`, `"says [EMAIL_1]"`},
		"pointer receiver":   {&pointerOne{mail}, `"pointer [EMAIL_1]"`, `&{s:[EMAIL_1]}`},
		"pointer's field":    {&struct{ P pointerOne }{pointerOne{mail}}, `{"P":"pointer [EMAIL_1]"}`, `&{P:{s:[EMAIL_1]}}`},
		"failing":            {failing{mail}, `"[withheld: cannot be encoded]"`, `"[withheld: cannot be encoded]"`},
		"panicking":          {panicking{mail}, `"[withheld: panic]"`, `"[withheld: panic]"`},
		"panicking in list":  {[]any{1, panicking{mail}, 2}, `[1,"[withheld: panic]",2]`, `"[1 [withheld: panic] 2]"`},
		"panicking format":   {formatPanics{"31337"}, `{}`, `"[withheld: panic]"`},
		"LogValuer":          {valuer{mail}, `"value of [EMAIL_1]"`, `"value of [EMAIL_1]"`},
		"LogValuer in list":  {[]valuer{{mail}}, `["value of [EMAIL_1]"]`, `"[value of [EMAIL_1]]"`},
		"private LogValuer":  {struct{ v valuer }{valuer{mail}}, "{}", `{v:[withheld]}`},
		"endless LogValuer":  {[]any{mail, endless{}}, "", ""},
		"endless group":      {endless{}, "", ""},
		"loop":               {loop{mail}, "", ""},
		"slog values":        {[]any{slog.StringValue(mail), slog.String("k", mail), slog.GroupValue(slog.String("k", mail))}, "", ""},
		"attributes":         {[]slog.Attr{slog.String("k", mail)}, "", ""},
		"cycle":              {cyclic, `{"Next":"[withheld: cycle]","Text":"[EMAIL_1]"}`, `"&{Next:[withheld: cycle] Text:[EMAIL_1]}"`},
		"map in itself":      {selfMap, `{"mail":"[EMAIL_1]","self":"[withheld: cycle]"}`, ""},
		"list in itself":     {selfList, `["[EMAIL_1]","[withheld: cycle]"]`, ""},
		"too deep":           {deep, "", ""},
		"chain of embedded":  {chained(40), "", ""},
		"nested maps":        {nestedMaps(25), "", ""},
		"too large":          {append(make([]string, 1<<17), mail), "", ""},
		"liar":               {liar{new(int)}, "", ""},
		"channel": {struct {
			C chan string
			S string
		}{nil, mail}, "", ""},
		"url":              {&url.URL{Scheme: "https", Host: "x.example", Path: "/" + mail}, "", ""},
		"anonymous fields": {struct{ withStringless }{mail}, "{}", "{withStringless:[EMAIL_1]}"},
	} {
		j, x := both(t, c.value)
		for _, out := range []string{j, x} {
			assert.NotContains(t, out, "quaxley", name)
			assert.NotContains(t, out, "0137", name)
			assert.NotContains(t, out, "31337", name)
			assert.LessOrEqual(t, len(out), 1<<20, name)
		}
		assert.True(t, json.Valid([]byte(j)), "%s: %s", name, j)
		if c.json != "" {
			assert.Equal(t, c.json, j, name)
		}
		if c.text != "" {
			assert.Equal(t, c.text, x, name)
		}
	}
}

type (
	withStringless string
	namedBytes     []byte
	marshalsKey    struct{}
)

func (marshalsKey) MarshalJSON() ([]byte, error) {
	return []byte(`{"` + mail + `": "x", "password": {"deep": [1, 2]}}`), nil
}

// TestWithholdsByRule is what types, keys and tags withhold, whatever it holds.
func TestWithholdsByRule(t *testing.T) {
	t.Parallel()
	type custom struct{ A, B int }
	type fromCustom custom
	type holder struct {
		Plain  int
		C      custom
		From   fromCustom
		List   []custom
		Map    map[custom]custom
		Any    any
		p      *custom
		Tagged string `redact:"secret"`
		Other  string `redact:"public"`
		Masked int    `mask:"id,loose"`
	}
	type loud struct {
		withString
		N int
	}
	one := custom{31337, 2}
	for name, c := range map[string]struct {
		value      any
		options    []redactslog.Option
		json, text string
	}{
		"type":            {one, []redactslog.Option{redactslog.WithType[custom]()}, `"[withheld]"`, `[withheld]`},
		"defined from it": {fromCustom(one), []redactslog.Option{redactslog.WithType[custom]()}, `"[withheld]"`, `[withheld]`},
		"pointer":         {&one, []redactslog.Option{redactslog.WithType[custom]()}, `"[withheld]"`, `&[withheld]`},
		"nil pointer":     {(*custom)(nil), []redactslog.Option{redactslog.WithType[custom]()}, `null`, `<nil>`},
		"int":             {31337, []redactslog.Option{redactslog.WithType[int]()}, `"[withheld]"`, `[withheld]`},
		"int64":           {int64(31337), []redactslog.Option{redactslog.WithType[int]()}, `"[withheld]"`, `[withheld]`},
		"int in struct":   {one, []redactslog.Option{redactslog.WithType[int]()}, `{"A":"[withheld]","B":"[withheld]"}`, `"{A:[withheld] B:[withheld]}"`},
		"not its kind":    {status(1), []redactslog.Option{redactslog.WithType[int]()}, `1`, `closed`},
		"interface":       {[]any{errors.New("x"), 1}, []redactslog.Option{redactslog.WithType[error]()}, `["[withheld]",1]`, `"[[withheld] 1]"`},
		"holder, by type": {holder{C: one, From: fromCustom(one), List: []custom{one}, Map: map[custom]custom{one: one}, Any: &one, p: &one}, []redactslog.Option{redactslog.WithType[custom]()}, "", ""},
		"promoted method": {loud{"31337", 1}, []redactslog.Option{redactslog.WithType[withString]()}, `{"N":1}`, `"{withString:[withheld] N:1}"`},
		"tag":             {holder{Tagged: "31337"}, nil, "", ""},
		"own tag": {struct {
			S string `masq:"secret"`
		}{"31337"}, []redactslog.Option{redactslog.WithTag("masq", "secret")}, `{"S":"[withheld]"}`, `{S:[withheld]}`},
		"any value of tag": {holder{Masked: 31337}, []redactslog.Option{redactslog.WithTag("mask")}, "", ""},
		"tag before comma": {holder{Masked: 31337}, []redactslog.Option{redactslog.WithTag("mask", "id")}, "", ""},
		"key in struct":    {struct{ Password any }{[]int{31337}}, nil, `{"Password":"[withheld]"}`, `{Password:[withheld]}`},
		"key in JSON only": {struct {
			P int `json:"api_key"`
		}{31337}, nil, `{"api_key":"[withheld]"}`, `{P:[withheld]}`},
		"key in map":                     {map[string]any{"API-Key": 31337, "n": 1}, nil, `{"API-Key":"[withheld]","n":1}`, `"map[API-Key:[withheld] n:1]"`},
		"private key":                    {struct{ password int }{31337}, nil, `{}`, `{password:[withheld]}`},
		"hidden under methods, in a map": {map[string]any{"a": hider{private: "31337"}}, []redactslog.Option{redactslog.WithType[withString]()}, `{"a":{}}`, `map[a:{private:[withheld]}]`},
		"hidden under methods, embedded": {struct{ Hider }{Hider{private: "31337"}}, []redactslog.Option{redactslog.WithType[withString]()}, "", ""},
		"key under methods":              {keyed{31337}, nil, `{"Token":"[withheld]"}`, `{Token:[withheld]}`},
		"let through":                    {struct{ S withStringless }{mail}, []redactslog.Option{redactslog.LetThrough[withStringless]()}, `{"S":"` + mail + `"}`, `{S:` + mail + `}`},
		"not let through":                {struct{ Password withStringless }{"31337"}, []redactslog.Option{redactslog.LetThrough[withStringless]()}, `{"Password":"[withheld]"}`, `{Password:[withheld]}`},
		"type first":                     {one, []redactslog.Option{redactslog.LetThrough[custom](), redactslog.WithType[custom]()}, `"[withheld]"`, `[withheld]`},
		"no scrubber":                    {mail, []redactslog.Option{redactslog.WithoutScrubber()}, `"` + mail + `"`, mail},
		"no default keys":                {map[string]int{"password": 1, "token": 2}, []redactslog.Option{redactslog.WithoutKeys("pass*")}, `{"password":1,"token":"[withheld]"}`, `"map[password:1 token:[withheld]]"`},
	} {
		j, x := both(t, c.value, c.options...)
		for _, out := range []string{j, x} {
			assert.NotContains(t, out, "31337", name)
		}
		if c.json != "" {
			assert.Equal(t, c.json, j, name)
			assert.Equal(t, c.text, x, name)
		} else {
			assert.Contains(t, x, redactslog.Withheld, name)
		}
		assert.True(t, json.Valid([]byte(j)), "%s: %s", name, j)
	}
}

// hider has a method that prints a private field.
type (
	hider struct{ private withString }
	Hider hider
)

func (h hider) MarshalJSON() ([]byte, error) { return json.Marshal(string(h.private)) }
func (h Hider) MarshalJSON() ([]byte, error) { return json.Marshal(string(h.private)) }

type keyed struct{ Token int }

func (k keyed) String() string               { return fmt.Sprint("token ", k.Token) }
func (k keyed) MarshalJSON() ([]byte, error) { return json.Marshal(k.Token) }

func TestAttributesAndGroups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []any
		want string
	}{
		"key":                {[]any{"password", 1, "n", 2}, `"password":"[withheld]","n":2`},
		"folded key":         {[]any{"Access_Token", "x"}, `"Access_Token":"[withheld]"`},
		"key of a group":     {[]any{slog.Group("credentials", "a", 1)}, `"credentials":"[withheld]"`},
		"group":              {[]any{slog.Group("g", "password", 1, "b", mail, slog.Group("h", "c", phone, "d", 1))}, `"g":{"password":"[withheld]","b":"[EMAIL_1]","h":{"c":"[PHONE_1]","d":1}}`},
		"inline group":       {[]any{slog.Group("", "b", mail, "d", 1)}, `"b":"[EMAIL_1]","d":1`},
		"personal key":       {[]any{mail, 1}, `"[EMAIL_1]":1`},
		"LogValuer in group": {[]any{slog.Group("g", "v", valuer{mail})}, `"g":{"v":"value of [EMAIL_1]"}`},
		"first is clean":     {[]any{"a", 1, "b", mail, "c", 3}, `"a":1,"b":"[EMAIL_1]","c":3`},
		"many":               {[]any{"a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "g", mail, "h", 8}, `"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":"[EMAIL_1]","h":8`},
		"bad key":            {[]any{mail}, `"!BADKEY":"[EMAIL_1]"`},
	} {
		j, _ := log(nil, "m", c.args...)
		assert.Equal(t, `{"level":"INFO","msg":"m",`+c.want+"}\n", j, name)
	}
	j, x := log(nil, "wrote to "+mail)
	assert.Equal(t, `{"level":"INFO","msg":"wrote to [EMAIL_1]"}`+"\n", j)
	assert.Equal(t, `level=INFO msg="wrote to [EMAIL_1]"`+"\n", x)
}

func TestWithAttrsAndWithGroup(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	logger := slog.New(redactslog.New(slog.NewJSONHandler(&b, withoutTime)))
	for _, c := range []struct {
		logger *slog.Logger
		want   string
	}{
		{logger.With("a", mail, "password", 1), `"a":"[EMAIL_1]","password":"[withheld]","n":1`},
		{logger.WithGroup("g").With("a", mail), `"g":{"a":"[EMAIL_1]","n":1}`},
		{logger.WithGroup(mail), `"[EMAIL_1]":{"n":1}`},
		{logger.WithGroup("credentials").With("a", 1), `"credentials":{"a":"[withheld]","n":"[withheld]"}`},
		{logger.WithGroup("secret").WithGroup("inner"), `"secret":{"inner":{"n":"[withheld]"}}`},
		{logger.WithGroup(""), `"n":1`},
		{logger.With("v", valuer{mail}), `"v":"value of [EMAIL_1]","n":1`},
	} {
		b.Reset()
		c.logger.Info("m", "n", 1)
		assert.Equal(t, `{"level":"INFO","msg":"m",`+c.want+"}\n", b.String())
	}
}

// TestSealedAndRevealed: package pii's own types show their kind, at any depth.
func TestSealedAndRevealed(t *testing.T) {
	t.Parallel()
	revealed, err := pii.Parse[pii.Email](mail)
	require.NoError(t, err)
	type customer struct {
		ID       int
		Stored   pii.Sealed[pii.Email]
		Revealed pii.Value[pii.Email]
		private  pii.Value[pii.Email]
		pointer  *pii.Value[pii.Email]
	}
	type alone struct{ pii.Value[pii.Email] }
	c := customer{1, pii.Sealed[pii.Email]{}, revealed, revealed, &revealed}
	j, x := both(t, c)
	assert.Equal(t, `{"ID":1,"Stored":"[absent identity.email]","Revealed":"[revealed identity.email]"}`, j)
	assert.Equal(t, `"{ID:1 Stored:[absent identity.email] Revealed:[revealed identity.email] private:[withheld] pointer:[withheld]}"`, x)
	for _, v := range []any{revealed, &revealed, []any{revealed}, map[string]any{"a": &revealed}, alone{revealed}, &alone{revealed}} {
		j, x := both(t, v)
		assert.Contains(t, j, "[revealed identity.email]", "%T", v)
		assert.Contains(t, x, "[revealed identity.email]", "%T", v)
	}
}

type plaintext struct{ s string }

func (p *plaintext) Plaintext() string { return p.s }

func TestPlaintextIsWithheld(t *testing.T) {
	t.Parallel()
	j, x := both(t, struct{ P plaintext }{plaintext{"31337"}})
	assert.Equal(t, `{"P":"[withheld]"}`, j)
	assert.Equal(t, `{P:[withheld]}`, x)
	j, _ = both(t, &plaintext{"31337"})
	assert.Equal(t, `"[withheld]"`, j)
}

// TestCleanIsPassedOn: of a value in which nothing is withheld, both handlers write what they write without ours.
func TestCleanIsPassedOn(t *testing.T) {
	t.Parallel()
	text := "text"
	day := time.Date(2026, 11, 26, 8, 15, 0, 5, time.UTC)
	for i, v := range []any{
		nil, true, 1, uint8(2), 1.5, float32(2.5), text, day, time.Second, slog.LevelWarn, withStringless("x"), &text, (*string)(nil),
		[]string{"a", "<b>"},
		[]string{},
		[]string(nil),
		[2]int{1, 2},
		map[string]int{"b": 1, "a": 2},
		map[string]int{},
		map[string]int(nil),
		map[int]bool{1: true},
		[]byte("bytes"),
		[]byte{0xff, 0},
		[3]byte{1, 2, 3},
		namedBytes("x"), json.RawMessage(`{"a": [1, 2.50, null, "<x>"]}`), json.Number("12.50"),
		inner{"x", 1},
		&inner{"x", 1},
		struct{}{},
		[]any{1, "a", nil, []int{1}},
		map[string]any{"a": map[string]any{"b": 1}},
		errors.New("no such file"), fmt.Errorf("open: %w", io.EOF),
		stringer{"x"},
		formatter{"x"},
		marshaler{"x"},
		texter{"x"},
		both2{"x"},
		&pointerOne{"x"},
		pointerOne{"x"},
		status(1),
		[]status{0, 1},
		map[status]status{1: 0},
		big.NewInt(1 << 40), *big.NewInt(3),
		outer{Text: "t", private: "p", List: []string{"a"}, Map: map[string]string{"k": "v"}, Quoted: 7, Err: nil, Any: 1.5, Empty: "full"},
		outer{Embedded: Embedded{"c", 1}, embedded: embedded{"h", 2}, Raw: json.RawMessage(`[1]`)},
		struct{ T time.Time }{day},
		struct{ D time.Duration }{time.Minute},
		slog.GroupValue(slog.Int("a", 1), slog.Group("b", "c", 2)),
		[]slog.Attr{slog.Int("a", 1)},
	} {
		wantJSON, wantText := bare("m", "v", v)
		gotJSON, gotText := log(nil, "m", "v", v)
		assert.Equal(t, wantJSON, gotJSON, "%d: %T", i, v)
		assert.Equal(t, wantText, gotText, "%d: %T", i, v)
	}
}

// TestRenderedAsTheOriginal: what is written by us because something else in the value is withheld looks as it would have.
func TestRenderedAsTheOriginal(t *testing.T) {
	t.Parallel()
	h := redactslog.New(slog.DiscardHandler)
	type shadows struct {
		Embedded
		Contact int
	}
	type tagged struct {
		Embedded `json:"inner"`
		A        int      `json:",omitempty"`
		B        *int     `json:"b,omitzero"`
		C        string   `json:"c,omitempty"`
		D        []string `json:"d,omitempty"`
		E        bool     `json:"e,string"`
		F        float64  `json:"f"`
		G        [0]int   `json:"g,omitempty"`
		H        struct{} `json:"h,omitempty"`
		I        any      `json:"i"`
	}
	for _, v := range []any{
		inner{"x", 1},
		&inner{"x", 1},
		outer{Text: "<t>", List: []string{"a"}, Map: map[string]string{"k": "v", "a": "b"}, Quoted: 7},
		outer{inner: &inner{"e", 3}, Any: []any{1, 2.5, nil, true, "s"}, Bytes: []byte("abc"), Raw: json.RawMessage(`{"a":1}`)},
		shadows{Embedded{"c", 1}, 2},
		tagged{},
		tagged{A: 1, B: pointerTo(2), C: "c", D: []string{"d"}, E: true, F: 1e21, I: map[string]any{"x": nil}},
		map[string]any{"b": []int{1}, "a": map[int]string{10: "x", 9: "y"}},
		[]any{status(1), time.Second, time.Unix(0, 0).UTC()},
		[2][]string{{"a"}, nil},
		struct{ S status }{1},
		map[status]int{1: 1},
		[]float64{0.1, 1e100},
		"a \"quoted\" <text>\n",
		pointerTo(&inner{"x", 1}),
		pointerTo("text"),
		[]*inner{{"x", 1}, nil},
		&node{Next: &node{Text: "a"}},
		struct{ p *inner }{&inner{"x", 1}},
		struct {
			*inner `json:"named"`
		}{&inner{"x", 1}},
		struct {
			embedded `json:"named"`
		}{embedded{"h", 2}},
		struct{ any }{"text"},
	} {
		want, got := slog.AnyValue(v), redactslog.Render(h, v)
		wantJSON, wantText := bare("m", "v", want)
		gotJSON, gotText := bare("m", "v", got)
		assert.Equal(t, wantJSON, gotJSON, "%T", v)
		assert.Equal(t, wantText, gotText, "%T", v)
	}
}

type chain struct {
	*chain
	Text string
}

func chained(n int) *chain {
	c := &chain{nil, mail}
	for range n {
		c = &chain{c, mail}
	}
	return c
}

func nestedMaps(n int) any {
	v := any(mail)
	for range n {
		v = map[string]any{"a": v}
	}
	return v
}

func TestMethodsAreCalledOnce(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for _, v := range []func() (any, *int){
		func() (any, *int) { n := new(int); return liar{n}, n },
		func() (any, *int) { n := new(int); return []liar{{n}}, n },
	} {
		for _, inner := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
			value, calls := v()
			slog.New(redactslog.New(inner)).Info("m", "v", value)
			assert.LessOrEqual(t, *calls, 2, "once for each form")
		}
	}
	assert.NotContains(t, b.String(), mail)
}

// scrubberFunc is a scrubber of a test.
type scrubberFunc func(dst, src []byte) []byte

func (f scrubberFunc) Append(dst, src []byte) []byte { return f(dst, src) }

func TestScrubberThatPanics(t *testing.T) {
	t.Parallel()
	broken := redactslog.WithScrubber(scrubberFunc(func([]byte, []byte) []byte { panic("broken") }))
	j, x := log([]redactslog.Option{broken}, "hello", "v", []any{"text", 1}, "n", 2)
	for _, out := range []string{j, x} {
		assert.NotContains(t, out, "hello")
		assert.NotContains(t, out, "text")
		assert.Contains(t, out, "withheld")
	}
	assert.True(t, json.Valid([]byte(j)))
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "redactslog: New(nil); pass the handler that writes the log", func() { redactslog.New(nil) })
	assert.PanicsWithValue(t, "redactslog: New: option 1 is nil", func() { redactslog.New(slog.DiscardHandler, redactslog.WithoutScrubber(), nil) })
	assert.PanicsWithValue(t, "redactslog: WithScrubber(nil); to search no texts use WithoutScrubber", func() { redactslog.WithScrubber(nil) })
}

// TestOriginalIsNotChanged: the caller goes on to use what it logged.
func TestOriginalIsNotChanged(t *testing.T) {
	t.Parallel()
	m := map[string]any{"mail": mail, "list": []string{mail}}
	group := []slog.Attr{slog.Int("a", 1), slog.String("b", mail)}
	b := []byte(mail)
	log(nil, "m", "v", m, "g", slog.GroupValue(group...), "b", b)
	assert.Equal(t, map[string]any{"mail": mail, "list": []string{mail}}, m)
	assert.Equal(t, mail, group[1].Value.String())
	assert.Equal(t, mail, string(b))
	record := slog.NewRecord(time.Time{}, slog.LevelInfo, mail, 0)
	record.Add("a", mail)
	require.NoError(t, redactslog.New(slog.DiscardHandler).Handle(context.Background(), record))
	record.Attrs(func(a slog.Attr) bool { assert.Equal(t, mail, a.Value.String()); return true })
}

func TestRecordKeepsTimeLevelAndPlace(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"clean", mail} {
		var got slog.Record
		h := redactslog.New(capture{&got})
		slog.New(h).Warn(text, "a", text)
		assert.Equal(t, slog.LevelWarn, got.Level)
		assert.False(t, got.Time.IsZero())
		require.NotNil(t, got.Source())
		assert.Contains(t, got.Source().File, "handler_test.go")
	}
}

type capture struct{ record *slog.Record }

func (capture) Enabled(context.Context, slog.Level) bool { return true }
func (c capture) Handle(_ context.Context, r slog.Record) error {
	*c.record = r
	return errors.New("full")
}
func (c capture) WithAttrs([]slog.Attr) slog.Handler { return c }
func (c capture) WithGroup(string) slog.Handler      { return c }

func TestInnerDecides(t *testing.T) {
	t.Parallel()
	h := redactslog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))
	assert.False(t, h.Enabled(context.Background(), slog.LevelInfo))
	assert.True(t, h.Enabled(context.Background(), slog.LevelWarn))
	var r slog.Record
	assert.EqualError(t, redactslog.New(capture{&r}).Handle(context.Background(), slog.Record{}), "full")
}

func TestSlogtest(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return redactslog.New(slog.NewJSONHandler(&b, nil))
	}, func(t *testing.T) map[string]any {
		m := map[string]any{}
		require.NoError(t, json.Unmarshal(b.Bytes(), &m))
		return m
	})
	// Again with a scrubber that finds something in every text, so that nothing is passed on as it came.
	upper := redactslog.WithScrubber(scrubberFunc(func(dst, src []byte) []byte { return append(append(dst, src...), "\u200b"...) }))
	slogtest.Run(t, func(*testing.T) slog.Handler {
		b.Reset()
		return redactslog.New(slog.NewJSONHandler(&b, nil), upper)
	}, func(t *testing.T) map[string]any {
		m := map[string]any{}
		require.NoError(t, json.Unmarshal(bytes.ReplaceAll(b.Bytes(), []byte("\u200b"), nil), &m))
		return m
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	logger := slog.New(redactslog.New(slog.NewJSONHandler(&b, nil)))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				logger.With("n", i).Info("to "+mail, "v", outer{Any: inner{mail, i}}, "w", map[string]any{fmt.Sprint("k", i): []any{mail, i}})
			}
		})
	}
	group.Wait()
	assert.NotContains(t, b.String(), "quaxley")
	assert.Equal(t, 800, strings.Count(b.String(), "\n"))
}
