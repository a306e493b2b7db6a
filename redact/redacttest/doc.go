// Package redacttest proves in go test that a program lets no personal data out.
//
// A test invents a person, lets the program handle that person, and asserts that nothing of them came out:
//
//	marie := redacttest.NewPerson(t.Name())
//	redacttest.AssertNoLeak(t, func() {
//		service.Register(marie.Name.String(), marie.Email.String())
//	}, marie.Canaries()...)
//
// A [Canary] is a value that occurs nowhere else, so that finding it, in whatever writing, means that it leaked.
//
// # What is watched
//
// [AssertNoLeak] captures standard output and standard error, package log, the default logger of log/slog, requests through
// [http.DefaultTransport], and the text of a panic. A [Watch] adds what a test must wire in itself: what an HTTP handler answers, requests
// through another transport, statements and arguments sent to a database, files and their names, and any [io.Writer].
//
// # What is found
//
// A canary is found as it is; in another case; without accents; with other separators or none; reversed; in part (six or
// more digits of a number in a row, the local part of an e-mail address, one of an invented person's names or the name of their street); as an unsalted MD5, SHA-1
// or SHA-2 digest; and any of these inside up to four layers of URL, JSON, Go, HTML or quoted-printable escapes, base64 with any alphabet,
// padding and alignment, hexadecimal, lists of bytes, UTF-16 and gzip. Line breaks inside base64 and hexadecimal do not hide it.
//
// Six to eight characters may occur by chance. Where a canary or the part found is that short, it counts only if it stands by itself: the
// number 123456 is not in 91234567, and not in deadbeef123456.
//
// A failure names the kind of canary, the sink, the form, and the line of the test or the program that wrote it, where that can be had:
//
//	redacttest: email of TestRegister reached log as base64 of JSON-escaped, written at register.go:42
//
// It does not show the value. A canary is nobody's, so a test may.
//
// # What is not
//
// A value that the program encrypts, hashes with a key, compresses other than by gzip, rounds, translates or spells out is not
// found, nor are fewer than six digits, initials, or another way to write a date. An oracle can show a leak; no number of tests shows that there is none.
//
// A test is only as good as what the program does in it. [AssertNoLeak] fails if it is given no canary, or if none of them was ever
// turned into text with [Canary.String]: then the program cannot have seen one. [Watch.Expect] also fails it if a sink stayed empty.
//
// # Other tests at the same time
//
// os.Stdout, os.Stderr, log, slog and http.DefaultTransport belong to the process. While a function is watched they are exchanged,
// and restored however it ends: by return, panic or t.FailNow. Watched functions wait for each other. Other tests must not use them in the
// meantime, not even by closing an httptest.Server: what they write would be captured and not appear, and reading os.Stdout while it is exchanged is
// a data race. So a test that calls [AssertNoLeak] should not be parallel. What took a copy before, such as a logger over the os.Stdout of
// program start, is not captured: hand it a [Watch.Sink].
package redacttest
