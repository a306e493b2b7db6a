package redactslog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"api_key", "apiKey", true},
		{"API-Key", "api.key", true},
		{"apikey", "API KEY", true},
		{"Prénom", "PRÉNOM", true},
		{"apikey", "apikeys", false},
		{"apikey", "myapikey", false},
		{"*key", "apiKey", true},
		{"*key", "keys", false},
		{"key*", "KeyID", true},
		{"key*", "apikey", false},
		{"*key*", "apikeys", true},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxcyyb", false},
		{"a*bb", "ab", false},
		{"ab*ba", "aba", false}, // what "*" stands for begins after what is before it
		{"*", "anything", true},
		{"*", "", true},
		{"", "", true},
		{"", "x", false},
		{"**", "x", true},
	} {
		assert.Equal(t, c.want, match(foldKey(c.pattern), foldKey(c.name)), "%q, %q", c.pattern, c.name)
	}
}

func TestDefaultKeysAreFolded(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range defaultKeys {
		assert.Equal(t, foldKey(key), key)
		assert.NotContains(t, key, "*", "a default withholds no name that was not thought of")
		assert.False(t, seen[key], key)
		seen[key] = true
	}
	assert.Greater(t, len(seen), 50)
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b", "ab")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		pattern, name = foldKey(pattern), foldKey(name)
		if !strings.Contains(pattern, "*") {
			assert.Equal(t, pattern == name, match(pattern, name))
			return
		}
		if match(pattern, name) {
			assert.True(t, match(pattern+"*", name+"x"))
			assert.True(t, match("*"+pattern, "x"+name))
		}
	})
}
