package known

import (
	"strings"
	"testing"
)

// BenchmarkAppend has clean text, of which nothing is a value, and text of which every second word is of one.
func BenchmarkAppend(b *testing.B) {
	clean := strings.Repeat("Le dossier a été transmis à l’équipe mardi; we will call back tomorrow at the office, merci beaucoup. ", 100)
	dense := strings.Repeat("Dufresne appelle, 418-555-0123 ou genevieve.dufresne@exemple.ca pour G. Dufresne-Roy au 45 boul. St-Cyrille O. ", 100)
	hard := strings.Repeat("Gen 4185550 45 boul ge", 500) // beginnings of values
	m := subject(b)
	for _, c := range []struct{ name, text string }{{"clean", clean}, {"dense", dense}, {"hard", hard}} {
		b.Run(c.name, func(b *testing.B) {
			text := []byte(c.text)
			var spans []Span
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				spans = m.Append(spans[:0], text)
			}
			b.ReportMetric(float64(len(spans)), "spans")
		})
	}
}

// BenchmarkNew makes the matcher of one person.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		subject(b)
	}
}
