package known

import "strings"

// email adds the patterns of an e-mail address: with its own separators, any other, or their names.
func (b *builder) email(v Value) {
	local, domain, ok := strings.Cut(v.Text, "@")
	if !ok || len(words(local, anywhere, false)) == 0 || len(words(domain, anywhere, false)) == 0 {
		b.plain(v)
		return
	}
	for _, at := range []string{"", "at", "arobase", "arobas", "chez"} {
		for _, dot := range []string{"", "dot", "point"} {
			b.add(pattern{
				form:   dotted(local, dot, v.Exact).then(literally(at), mustPart).then(dotted(domain, dot, v.Exact), mustPart),
				reason: "known e-mail address", whole: true,
			})
		}
	}
}

// dotted returns one side of an address with dot as the word for its full stops, the sign if it is empty.
func dotted(side, dot string, exact bool) form {
	var out form
	for i, label := range strings.Split(side, ".") {
		if i > 0 {
			out = out.then(literally(dot), mustPart)
		}
		out = out.then(sequence(words(label, anywhere, exact), mayPart), mustPart)
	}
	return out
}
