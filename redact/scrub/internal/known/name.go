package known

import (
	"strings"
	"unicode"
)

const (
	wholeName = "known name"
	turned    = "known name, inverted"
	shortened = "known name, shortened"
	initialed = "known name, with initials"
	partOf    = "part of a known name"
)

// A namePart is a given or family name: its hyphenated words, after the particles that belong to it.
type namePart struct {
	particles form
	words     []form
}

func (p namePart) full() form {
	f := p.particles.then(sequence(p.words, mayPart), mayPart)
	if len(f.runes) == 1 && cased(f.runes[0]) {
		return f.at(0, mustUpper|mayDot)
	}
	return f
}

// initials returns the first letter of each of the part's words.
func (p namePart) initials() form {
	var out form
	for _, w := range p.words {
		out = out.then(form{w.runes[:1], []rule{mustUpper | mayDot}}, mayPart)
	}
	return out
}

// name adds the patterns of a person's name.
func (b *builder) name(v Value) {
	parts := nameParts(v.Text, v.Exact)
	add := func(reason string, meet rule, forms ...form) {
		b.add(pattern{form: sequence(forms, meet), reason: reason, whole: true})
	}
	var full []form
	for _, p := range parts {
		full = append(full, p.full())
		b.namePart(p)
	}
	add(wholeName, mayPart, full...)
	for k := max(1, len(parts)-3); k < len(parts); k++ {
		given, family := sequence(full[:k], mayPart), sequence(full[k:], mayPart)
		first := full[0]
		var letters form
		for _, p := range parts[:k] {
			letters = letters.then(p.initials(), mayPart)
		}
		add(turned, mayPart, family, given)
		for _, short := range []form{letters, parts[0].initials(), parts[0].initials().head()} {
			add(initialed, mustPart, short, family)
			add(initialed, mustPart, family, short)
		}
		add(initialed, mustPart, first, parts[k].initials())
		if k > 1 {
			middle := letters.tail(len(parts[0].words))
			add(shortened, mayPart, first, family)
			add(shortened, mayPart, family, first)
			add(initialed, mustPart, first, middle, family)
			add(initialed, mustPart, family, first, middle)
		}
	}
}

// namePart adds what stands for the person alone.
func (b *builder) namePart(p namePart) {
	alone := func(f form) {
		if len(f.runes) < 2 || !spaced(f.runes[0]) {
			return
		}
		if (len(f.runes) <= 3 || ordinary(string(f.runes))) && cased(f.runes[0]) {
			f = f.at(0, mustUpper)
		}
		b.add(pattern{form: f, reason: partOf, whole: true})
	}
	alone(p.full())
	alone(sequence(p.words, mayPart))
	if len(p.words) > 1 {
		for _, w := range p.words {
			if len(w.runes) > 2 {
				alone(w.at(0, mustUpper))
			}
		}
	}
}

// nameParts reads a name: "Marie-Anne Tremblay", "Tremblay, Marie-Anne", "Mme Ana de la Fuente". Titles are left out.
func nameParts(text string, exact bool) []namePart {
	if family, given, ok := strings.Cut(text, ","); ok && strings.TrimSpace(given) != "" {
		text = given + " " + family
	}
	var out []namePart
	var particles form
	tokens := strings.FieldsFunc(text, unicode.IsSpace)
	for i, token := range tokens {
		hyphenated := words(token, hyphen, exact)
		if len(hyphenated) == 0 {
			continue
		}
		word := string(hyphenated[0].runes)
		last := i == len(tokens)-1
		switch {
		case len(hyphenated) == 1 && !last && len(out) == 0 && titles[word]:
		case len(hyphenated) == 1 && !last && nameParticles[word] && (len(out) > 0 || !alsoGiven[word]):
			particles = particles.then(hyphenated[0], mayPart)
		default:
			out = append(out, namePart{particles, hyphenated})
			particles = form{}
		}
	}
	if len(particles.runes) > 0 {
		out = append(out, namePart{words: []form{particles}}) // nothing followed them but separators
	}
	return out
}

// head returns the first unit of f, tail what is left after n.
func (f form) head() form      { return form{f.runes[:1], f.rules[:1]} }
func (f form) tail(n int) form { return form{f.runes[n:], f.rules[n:]} }

func hyphen(r rune) bool { return unicode.Is(unicode.Pd, r) || r == '-' || r == '−' || r == '.' }

var titles = setOf(`m mr mrs ms miss mme mlle mademoiselle madame monsieur dr dre docteur docteure doctor prof professor professeur
	professeure pr me maitre sir dame lord lady rev reverend`)

// nameParticles are written apart and belong to the word that follows.
var nameParticles = setOf(`de du des d la le les l van von der den het ten ter te del della delle degli di da dos das do zu zur zum vom
	af av el al ben bin bint ibn abu mac mc st san santa e y`)

// alsoGiven are the particles that are given names or family names too: they are none at the beginning.
var alsoGiven = setOf(`al ben la le da do mac san van y te abu`)

// ordinary reports whether a name is also a word, of English or French, that stands in texts about anything.
func ordinary(word string) bool { return ordinaryWords[word] }

var ordinaryWords = setOf(`
	amber angel april art august autumn baker bell bill bird bishop black blanc blanche boucher bois bond bonnet booth bourgeois boulanger brook brooks brown bush
	butler carpenter carpentier carter chance charity charpentier chase chevalier christian church claire clark clay clement cliff cole constant constance cook cooper coral cross crystal daisy dale dawn day dean
	destiny diamond dick don drew duke dupont earl eden ernest ernst faith fay fisher fleur flora forest fort foster fontaine france francois frank free
	gardner gay gene glen gold good grace grand grant gray green grey guy hall harmony harry hart hazel heath heaven heather herb hill holly hope
	hunter iris ivy jack jade jean jewel jolie joy june justice justin king knight lambert lane law leblanc leclerc lee legrand lejeune leroux leroy lily long love lucky mail major
	marc march marchand mark marine martin mason mason maxime may melody mercy merle mercier meunier miel miles miller mine moine moreau morin moulin noel north nova olive opal
	page paix paris park parker parfait patience pat pearl penny perle petit piper pierre place poirier poole porter potter price prime prince prudence queen quinn
	ray reed rein reine renard rich richard river rivers rob robin rock roi roman rose rosier rouge roux ruby rue rusty sage sand sandy saint sky skip sharp shepherd short
	sierra silver simple sky small smith snow south spring star stone storm stuart sue summer sunny taylor terrain terry thorn tiffany tailor trinity turner val victor victoire victoria
	violet violette walker wall ward waters weaver web wells west white will wise wolf wood woods wright young younger zen`)

func setOf(list string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		out[word] = true
	}
	return out
}
