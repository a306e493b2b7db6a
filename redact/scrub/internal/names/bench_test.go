package names

import (
	"strings"
	"testing"
)

// BenchmarkNames has text in both languages without a name, text in which every third word is one, and text of
// capitalised words, which is the most work.
func BenchmarkNames(b *testing.B) {
	clean := "Please check whether the parcel arrived before noon. If it did not, open a ticket and attach the picture of the label.\n" +
		"Le colis a été livré à l’entrepôt mardi; la facture suivra. Merci de répondre avant la fin du mois, sans quoi le dossier sera fermé.\n"
	dense := "Mme Geneviève Dufresne et Paul Roy habitent à Laval; call Dr. Anna Kowalska at Acme Inc. about Marie-Ève, née à Montréal.\n"
	hard := "Zorg Blim Karp Welt Nilf Tord Vask Ulmo Prix Quib "
	for _, c := range []struct{ name, text string }{{"clean", clean}, {"dense", dense}, {"hard", hard}} {
		b.Run(c.name, func(b *testing.B) {
			text := []byte(strings.Repeat(c.text, 200))
			spans := Append(nil, text, Any) // reads the lists
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				spans = Append(spans[:0], text, Any)
			}
			b.ReportMetric(float64(len(spans)), "spans")
		})
	}
}
