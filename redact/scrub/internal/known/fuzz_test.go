package known

import "testing"

func FuzzAppend(f *testing.F) {
	f.Add("Marie Tremblay", uint8(Name), false, false, "M. Tremblay, marie")
	f.Add("1 rue X, Laval H2X 1Y4", uint8(Address), false, true, "1, r. X laval")
	f.Add("+1 514 555 0199", uint8(Phone), true, false, "(514) 555-0199 #3")
	f.Add("a@b.ca", uint8(Email), false, false, "A at b dot ca")
	f.Add("\u0344\u1fdf", uint8(Other), true, true, "\u0308\u0301 \xff\u0301")
	f.Add("00 0000000", uint8(Phone), false, false, "+(")
	f.Fuzz(func(t *testing.T, value string, kind uint8, exact, whole bool, text string) {
		m, err := New([]Value{{Text: value, Kind: Kind(kind % 5), Exact: exact, Whole: whole}})
		if err != nil {
			return
		}
		if !inOrder(m, text) || !inOrder(m, text+value+text) {
			t.Fatalf("spans of %q in %q are out of order", value, text)
		}
		if Kind(kind%5) == Other && len(m.Append(nil, []byte(value))) == 0 {
			t.Fatalf("%q is not found in itself", value)
		}
	})
}
