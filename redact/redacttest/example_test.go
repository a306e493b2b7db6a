package redacttest_test

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/purposebound/purposebound/redact/redacttest"
)

// failures is a test whose failures an example prints.
type failures struct {
	testing.TB
}

func (failures) Helper()                      {}
func (failures) Errorf(f string, args ...any) { fmt.Printf(f+"\n", args...) }

func ExampleFind() {
	email := redacttest.NewCanary("email", "zoe.quaxley@example.org")
	for _, out := range []string{
		"sent to ZOE.QUAXLEY@example.org",
		`{"to":"em9lLnF1YXhsZXlAZXhhbXBsZS5vcmc="}`,
		"/unsubscribe?u=zoe.quaxley%40example.org",
		"user zoe.quaxley logged in",
		"user 17 logged in",
	} {
		fmt.Println(redacttest.Find([]byte(out), email))
	}
	// Output:
	// [email is there as case-folded]
	// [email is there as base64]
	// [email is there as URL-escaped]
	// [email is there as a part]
	// []
}

func ExampleNewPerson() {
	p := redacttest.NewPerson("TestRegister")
	fmt.Println(p.Name, p.Email, p.Phone, p.SIN)
	fmt.Println(p.Name.String() == redacttest.NewPerson("TestRegister").Name.String())
	fmt.Println(p.Name.String() == redacttest.NewPerson("TestRegister/2").Name.String())
	// Output:
	// Zétobak Quvojiga zetobak.quvojiga.9957@example.com +1-289-555-0189 971 690 078
	// true
	// false
}

func ExampleAssertNoLeak() {
	t := failures{} // in a test: its *testing.T
	caller := redacttest.NewPerson("TestCall")

	redacttest.AssertNoLeak(t, func() {
		log.Printf("call from %s", caller.Phone)
	}, caller.Canaries()...)
	// Output:
	// redacttest: phone of TestCall reached log as raw, written at example_test.go:58
}

func ExampleWatch() {
	t := failures{}
	guest := redacttest.NewPerson("TestGuestBook")
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<p>Thank you, %s!</p>", r.FormValue("name")[:1])
	})

	watch := redacttest.NewWatch(guest.Canaries()...)
	watch.Slog(func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) })
	watch.Expect("HTTP response")
	watch.AssertNoLeak(t, func() {
		r := httptest.NewRequest(http.MethodPost, "/?name="+guest.Username.String(), nil)
		watch.Handler(page).ServeHTTP(httptest.NewRecorder(), r)
	})
	fmt.Println("nothing leaked")
	// Output:
	// nothing leaked
}
