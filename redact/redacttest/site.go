package redacttest

import (
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// stack returns where the goroutine is, for siteOf.
func stack() []uintptr {
	pcs := make([]uintptr, 64)
	return pcs[:runtime.Callers(2, pcs)]
}

// siteOf returns the innermost file and line of a stack that is neither of the standard library nor of this package, preferring
// the program over the modules it uses. It returns "" if there is none.
func siteOf(pcs []uintptr) string {
	if len(pcs) == 0 {
		return ""
	}
	module := ""
	frames := runtime.CallersFrames(pcs)
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "" || fromStandardLibrary(f) || fromHere(f):
		case strings.Contains(f.File, "/pkg/mod/") || strings.Contains(f.File, "/vendor/"):
			if module == "" {
				module = site(f)
			}
		default:
			return site(f)
		}
		if !more {
			return module
		}
	}
}

func site(f runtime.Frame) string { return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line) }

// root is the directory of the standard library's source, as the compiler wrote it down; "" in a build with -trimpath.
var root = func() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(strings.Index).Pointer()).FileLine(0)
	if dir, ok := strings.CutSuffix(file, "strings/strings.go"); ok {
		return dir
	}
	return ""
}()

func fromStandardLibrary(f runtime.Frame) bool {
	if root != "" {
		return strings.HasPrefix(f.File, root)
	}
	first, _, _ := strings.Cut(f.Function, "/")
	pkg, _, _ := strings.Cut(first, ".")
	return !strings.Contains(f.Function, "/") && pkg != "main" || strings.Contains(f.Function, "/") && !strings.Contains(first, ".")
}

const here = "github.com/purposebound/purposebound/redact/redacttest."

// fromHere reports whether a frame is of this package, its tests left out. It goes by the file: a function literal that was inlined has the name of
// the function it was inlined into.
func fromHere(f runtime.Frame) bool {
	return strings.HasPrefix(f.File, directory) && !strings.HasSuffix(f.File, "_test.go") && !strings.Contains(f.File[len(directory):], "/")
}

// directory is that of this package's source, as the compiler wrote it down.
var directory = func() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(stack).Pointer()).FileLine(0)
	return strings.TrimSuffix(file, "site.go")
}()

// watching reports whether a watched function runs further up on this goroutine.
func watching() bool {
	frames := runtime.CallersFrames(stack())
	for n := 0; ; {
		f, more := frames.Next()
		if f.Function == here+"(*Watch).AssertNoLeak" {
			n++
		}
		if n > 1 {
			return true
		}
		if !more {
			return false
		}
	}
}
