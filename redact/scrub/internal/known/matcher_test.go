package known

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In the tables what is to be found stands in «»; the text is what is left without them.
func TestAppendFinds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		value Value
		texts []string
	}{
		{"name", Value{Text: "Marie Tremblay", Kind: Name}, []string{
			"call «Marie Tremblay» now", "«MARIE TREMBLAY»", "«Tremblay, Marie»", "«TREMBLAY Marie»", "«marie tremblay»", "«marie.tremblay»_42", "«MarieTremblay»",
			"«M. Tremblay»", "«Tremblay M.», puis", "«M Tremblay»", "«Marie T.»", "«Marie Tremblay».", "c'est «Marie».", "«M. Tremblay».", "dear «Marie»,", "«Tremblay»'s file", "«Marie\n  Tremblay»",
			"«Marie\u00a0Tremblay»", "«Mari\u0301e T\u200bremblay\u0301»", "«Ｍａｒｉｅ Ｔｒｅｍｂｌａｙ»", "Tremblayville", "Marieke", "a «Tremblay»", "a tremblement",
			"«Mar\u00adie Trem\u00adblay»", "l'«Marie» d'hier", "(«Tremblay (Marie»)", "«𝐌𝐚𝐫𝐢𝐞 𝐓𝐫𝐞𝐦𝐛𝐥𝐚𝐲»",
		}},
		{"hyphenated", Value{Text: "Jean-François O’Brien-Lœb", Kind: Name}, []string{
			"«J.-F. O'Brien-Loeb»", "«J. O´Brien Lœb»", "«jean francois obrien loeb»", "«O'BRIEN LOEB Jean‑François»", "«JEAN FRANC\u0327OIS», 12 ans", "«Jean» dit", "bleu jean",
			"«JF O'Brien-Loeb»", "«O'Brien-Loeb, J.-F.»",
		}},
		{"three parts", Value{Text: "Anna Maria Kowalska", Kind: Name}, []string{
			"«Anna Kowalska»", "«Anna M. Kowalska»", "«A. M. Kowalska»", "«Kowalska Anna»", "«Kowalska, Anna M.»", "«A. Kowalska»",
		}},
		{"particles", Value{Text: "Mme Ana de la Fuente", Kind: Name}, []string{"«Ana de la Fuente»", "«A. de la Fuente»", "«Fuente»", "«DE LA FUENTE Ana»", "de la poste", "la nuit"}},
		{"ordinary words", Value{Text: "Rose Marchand", Kind: Name}, []string{"«Rose» was there", "the rose bush", "le marchand de vin", "chez «Marchand»", "«rose marchand»"}},
		{"short names", Value{Text: "Li Ng", Kind: Name}, []string{"«Ng» said", "being", "«Li Ng»", "li et ng"}},
		{"comma", Value{Text: "Tremblay, Marie", Kind: Name}, []string{"«Marie Tremblay»", "«M. Tremblay»"}},
		{"unspaced script", Value{Text: "王小明", Kind: Name}, []string{"我叫«王小明»你好"}},
		{"phone", Value{Text: "(514) 555-0199", Kind: Phone}, []string{
			"«514-555-0199»", "«+1 514 555 0199»", "«15145550199»", "«1-514-555-0199»", "«514.555.0199»", "«(514) 555-0199»", "«514 555 01 99»", "«5145550199 poste 12»",
			"«514-555-0199, ext. 4»", "«514-555-0199x77»", "«+1\u00a0514\u00a0555\u20110199»", "85145550199", "51455501990", "«555-0199»", "5550199", "tel«514-555-0199»", "«001 514 555 0199»",
		}},
		{"phone abroad", Value{Text: "+33 1 23 45 67 89", Kind: Phone}, []string{
			"«01 23 45 67 89»", "«+33 (0)1 23 45 67 89»", "«+33123456789»", "«0033 1 23456789»", "«01.23.45.67.89»", "9123456789", "«33123456789»", "«+33\u00a01 23 45 67 89»",
		}},
		{"phone with extension", Value{Text: "418 555-0123 poste 42", Kind: Phone}, []string{"«418-555-0123»", "«418-555-0123 #42»"}},
		{"short phone", Value{Text: "4242", Kind: Phone}, []string{"«4242»", "14242"}},
		{"e-mail", Value{Text: "J.Doe@Example.com", Kind: Email}, []string{
			"«j.doe@example.com»", "<«J.DOE@EXAMPLE.COM»>", "«j.doe (at) example.com»", "«j dot doe at example dot com»", "«j point doe arobase example point com»", "xj.doe@example.com",
			"j.doe@example.community", "«ｊ．ｄｏｅ＠ｅｘａｍｐｌｅ．ｃｏｍ»",
		}},
		{"address", Value{Text: "1234, rue Saint-Denis, app. 5, Montréal (Québec) H2X 1Y4", Kind: Address}, []string{
			"au «1234 rue Saint-Denis»", "«1234, r. St-Denis»", "«1234 ST DENIS»", "«1234 rue St-Denis #5, Montreal QC H2X1Y4»", "«5-1234 rue Saint-Denis»", "code «h2x 1y4»",
			"Montréal est belle", "21234 rue Saint-Denis", "1234 rue Saint-Denise", "5 pommes", "app 5", "«1234, rue Saint-Denis\nApp. 5\nMontréal»",
		}},
		{"English address", Value{Text: "77 Main Street West Apt 4 Toronto ON M5V 2T6", Kind: Address}, []string{
			"«77 Main St W», tomorrow", "«77 Main St».", "«77 main street west, apt. 4, Toronto, Ontario»", "«M5V2T6»", "77 Mainland", "in Toronto",
		}},
		{"plain", Value{Text: "dossier A-1234"}, []string{"«DOSSIER A 1234»", "«dossier a1234»", "dossier A-123", "x«dossier A-1234»5"}},
		{"long digits", Value{Text: "123-456-789"}, []string{"«123456789»", "«123 456 789»", "«12 34 56 78 9»"}},
		{"short digits", Value{Text: "1/2/3"}, []string{"«1-2-3»", "123"}},
		{"few letters", Value{Text: "C-3"}, []string{"«c-3»", "C3", "c 3", "«Ｃ-３»"}},
		{"one letter", Value{Text: "é"}, []string{"«e»", "bee", "l'«É»"}},
		{"substring", Value{Text: "is"}, []string{"th«is» «is»"}},
		{"whole", Value{Text: "is", Whole: true}, []string{"this «is»", "is1", "«is»-1", "is\u0301t"}},
		{"exact", Value{Text: "Test", Exact: true}, []string{"a «Test» test TEST", "«Tést»"}},
		{"exact symbols", Value{Text: "(a)", Exact: true}, []string{"«(a)» (A)"}},
		{"whole of a ligature", Value{Text: "o", Whole: true}, []string{"œ", "«o»"}},
		{"part of a ligature", Value{Text: "fin"}, []string{"a«ﬁn»"}},
		{"symbol", Value{Text: "™"}, []string{"x«TM»", "«™»"}},
		{"white space", Value{Text: "\u2003"}, []string{"a« »b«\u00a0»c", "a\tb"}},
		{"exact white space", Value{Text: "\t", Exact: true}, []string{"a«\t»b c"}},
		{"exact spaces", Value{Text: "  ", Exact: true}, []string{"a«  »b c"}},
		{"accents alone", Value{Text: "\u0344"}, []string{"a«\u0308\u0301»"}},
		{"parted where the value is not", Value{Text: "dossier"}, []string{"dos sier", "dos-sier"}},
		{"too far apart", Value{Text: "alpha beta"}, []string{"«alpha" + strings.Repeat(" ", maxGap) + "beta»", "alpha" + strings.Repeat(" ", maxGap+1) + "beta"}},
		{"order of spelling marks", Value{Text: "क\u093c\u094dक"}, []string{"«क\u094d\u093cक»"}},
		{"order of accents", Value{Text: "a\u0316\u0315b"}, []string{"«a\u0315\u0316b»"}},
		{"spelling marks", Value{Text: "कि"}, []string{"«कि»", "क"}},
		{"Hangul", Value{Text: "한글날"}, []string{"«\u1112\u1161\u11ab\u1100\u1173\u11af\u1102\u1161\u11af»"}},
		{"trailing accents", Value{Text: "etude"}, []string{"«e\u0301tude\u0301\u0302», x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := New([]Value{c.value})
			require.NoError(t, err)
			for _, marked := range c.texts {
				text := strings.NewReplacer("«", "", "»", "").Replace(marked)
				assert.Equal(t, marked, mark(text, m.Append(nil, []byte(text))))
			}
		})
	}
}

func mark(text string, spans []Span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.Start] + "«" + text[s.Start:s.End] + "»")
		at = s.End
	}
	return b.String() + text[at:]
}

func TestOverlapsAreOneSpanOfTheLongest(t *testing.T) {
	t.Parallel()
	m, err := New([]Value{{Text: "alpha beta"}, {Text: "beta gamma delta"}, {Text: "beta"}})
	require.NoError(t, err)
	assert.Equal(t, []Span{{2, 24, 1, "known value"}}, m.Append(nil, []byte("x alpha beta gamma delta")))
}

func TestChainsOfOverlapsAreCut(t *testing.T) {
	t.Parallel()
	m, err := New([]Value{{Text: "abab"}})
	require.NoError(t, err)
	text := strings.Repeat("ab", 1000)
	assert.True(t, inOrder(m, text))
	assert.Equal(t, strings.ReplaceAll(mark(text, m.Append(nil, []byte(text))), "»«", ""), "«"+text+"»")
}

func TestValuesWithinBeginningsOfOthers(t *testing.T) {
	t.Parallel()
	m, err := New([]Value{{Text: "abccx"}, {Text: "bccy"}, {Text: "cc"}})
	require.NoError(t, err)
	assert.Equal(t, []Span{{2, 4, 2, "known value"}}, m.Append(nil, []byte("abcc")))
}

func TestOneAddressBesideAnother(t *testing.T) {
	t.Parallel()
	m, err := New([]Value{{Text: "1 rue du Lac, Laval", Kind: Address}, {Text: "2 rue du Bois, Laval", Kind: Address}})
	require.NoError(t, err)
	text := "1 rue du Lac, Laval; Laval en fleurs; 2, rue du Bois"
	assert.Equal(t, "«1 rue du Lac, Laval; Laval» en fleurs; «2, rue du Bois»", mark(text, m.Append(nil, []byte(text))))
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		value Value
		want  error
	}{
		{"nothing", Value{}, ErrEmpty},
		{"unseen", Value{Text: "\u200b\u00ad"}, ErrEmpty},
		{"empty though exact", Value{Exact: true}, ErrEmpty},
		{"blank", Value{Text: " \t\r\n"}, ErrEmpty},
		{"blank name", Value{Text: " ", Kind: Name, Exact: true}, ErrEmpty},
		{"no name", Value{Text: " - ", Kind: Name}, ErrEmpty},
		{"no phone", Value{Text: "()", Kind: Phone}, ErrEmpty},
		{"long", Value{Text: strings.Repeat("a", maxValue+1)}, ErrLong},
		{"not UTF-8", Value{Text: "a\xff"}, ErrInvalid},
		{"unknown kind", Value{Text: "a", Kind: Phone + 1}, ErrInvalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := New([]Value{{Text: "fine"}, c.value})
			assert.Nil(t, m)
			require.ErrorIs(t, err, c.want)
			assert.Contains(t, err.Error(), "value 1")
			if c.value.Text != "" {
				assert.NotContains(t, err.Error(), c.value.Text+" ")
			}
		})
	}
}

func TestNothingIsFoundByNothing(t *testing.T) {
	t.Parallel()
	var none *Matcher
	assert.Empty(t, none.Append(nil, []byte("text")))
	assert.Zero(t, none.Longest())
	m, err := New(nil)
	require.NoError(t, err)
	assert.Empty(t, m.Append(nil, []byte("text")))
	assert.Zero(t, m.Longest())
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	m, err := New([]Value{{Text: "abc"}})
	require.NoError(t, err)
	before := Span{7, 9, 3, "mine"}
	assert.Equal(t, []Span{before, {0, 3, 0, "known value"}}, m.Append([]Span{before}, []byte("abc")))
}

func subject(tb testing.TB) *Matcher {
	tb.Helper()
	m, err := New([]Value{
		{Text: "Geneviève Dufresne-Roy", Kind: Name},
		{Text: "genevieve.dufresne@exemple.ca", Kind: Email},
		{Text: "418 555-0123", Kind: Phone},
		{Text: "45, boulevard Saint-Cyrille Ouest, app. 302, Québec (Québec) G1R 2A5", Kind: Address},
		{Text: "DOS-2024-0077"},
	})
	require.NoError(tb, err)
	return m
}
