package names

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// The lists, one entry a line, with their accents; a line that begins with # is a comment.
var (
	//go:embed given_names.txt
	givenNames string
	//go:embed family_names.txt
	familyNames string
	//go:embed cities.txt
	cities string
	//go:embed countries.txt
	countries string
	//go:embed nationalities.txt
	nationalities string
	//go:embed professions.txt
	professions string
	//go:embed words.txt
	ordinaryWords string
	//go:embed cues.txt
	cues string
)

// A kind is what lists say of a word or phrase, as a set of bits.
type kind uint32

const (
	given kind = 1 << iota
	family
	city
	country
	nationality
	profession
	ordinary  // a word that is no name, or not only one
	title     // a form of address
	suffix    // ends the name of a company by law or habit: Inc.
	trade     // often ends the name of an organisation: Group
	particle  // goes with the family name that follows
	head      // begins the name of a hospital
	street    // a street is named after whom follows
	longer    // the name of a place begins with it and has more words
	career    // the name of a profession begins with it and has more words
	heading   // the head of a hospital's name begins with it and has more words
	label     // stands before an identifier
	announces // a cue ends with it after which anything is a name
	cueEnd    // a cue that stands before a name ends with it
	cueBegin  // a cue that stands after a name begins with it
)

// weights are what a cue says for each class.
type weights struct{ person, place, organisation int8 }

// A lexicon is all lists in one table, immutable once built.
type lexicon struct {
	slots         []slot // open addressing; its length is a power of two
	text          string // the keys, one after the other
	before, after map[string]weights
}

type slot struct {
	hash       uint32
	start, end uint32 // of the key in text; no key is empty
	kind       kind
}

// standard is built at first use: a program that scrubs no names does not pay for it, and nobody can change it.
var standard = sync.OnceValue(func() *lexicon { return newLexicon(func(string) bool { return true }) })

// newLexicon reads the lists. Tests leave out the names for which keep is false.
func newLexicon(keep func(key string) bool) *lexicon {
	kinds := make(map[string]kind, 16384)
	add := func(list string, k, begins kind, all bool) {
		for line := range strings.Lines(list) {
			entry := strings.TrimSpace(line)
			if entry == "" || entry[0] == '#' {
				continue
			}
			key := string(appendKey(nil, []byte(entry)))
			if !all && !keep(key) {
				continue
			}
			kinds[key] |= k
			for i, c := range key {
				if c == ' ' {
					kinds[key[:i]] |= begins
				}
			}
		}
	}
	add(givenNames, given, longer, false)
	add(familyNames, family, longer, false)
	add(cities, city, longer, false)
	add(countries, country, longer, true)
	add(nationalities, nationality, longer, true)
	add(professions, profession, career, true)
	add(ordinaryWords, ordinary, longer, true)
	for list, k := range map[string]kind{titles: title, suffixes: suffix, trades: trade, particles: particle, heads: head, streets: street, labels: label} {
		add(strings.ReplaceAll(list, ",", "\n"), k, heading, true)
	}
	x := &lexicon{before: map[string]weights{}, after: map[string]weights{}}
	x.readCues()
	for phrase := range x.after {
		for i, c := range phrase + " " {
			if c == ' ' {
				kinds[phrase[:i]] |= cueBegin
			}
		}
	}
	for phrase, w := range x.before {
		for rest, ok := phrase, true; ok; _, rest, ok = strings.Cut(rest, " ") {
			kinds[strings.TrimRight(rest, ":,")] |= cueEnd
		}
		if w.person >= strongCue {
			last := phrase[strings.LastIndexByte(phrase, ' ')+1:]
			kinds[strings.TrimRight(last, ":,")] |= announces
		}
	}
	x.fill(kinds)
	return x
}

// The short lists, of which several words share a line.
const (
	titles = `mr,mrs,ms,miss,mx,dr,dre,prof,professor,sir,madam,rev,reverend,hon,sgt,capt,lt,col,gen,m,mm,mme,mmes,mlle,mlles,me,pr,
		docteur,docteure,doctor,professeur,professeure,monsieur,madame,mademoiselle,maitre,mgr`
	suffixes = `inc,llc,ltd,limited,ltee,corp,corporation,gmbh,plc,llp,sarl,senc,srl,incorporated`
	trades   = `co,company,ag,sa,sas,nv,bv,ab,oy,spa,kg,group,groupe,holdings,holding,partners,associates,technologies,technology,systems,solutions,consulting,industries,enterprises,entreprises,
		laboratories,labs,analytics,insurance,assurances,bank,banque,university,universite,college,cegep,institute,institut,foundation,fondation,
		association,agency,agence,ministry,ministere,pharmaceuticals,software,networks,media,studios,pictures,records,airlines,motors,logistics,
		ventures,capital,securities,brothers,sons,fils,supercomputing,insight,insights,service,services,research,computing,robotics,energy,foods`
	particles = `de,du,des,da,di,do,dos,das,del,della,d,la,le,les,van,von,der,den,ter,ten,zu,zum,zur,af,av,el,al,ben,bin,bint,ibn,abu,st,ste,saint,sainte,mac,mc,o,y,i,sur,sous,nad,na,pod,upon,op,aan`
	heads     = `hopital,hospital,clinique,chu,chum,chus,chr,chru,chsld,clsc,hotel-dieu,polyclinique,centre hospitalier,centre de sante,centre medical,centre hospitalo-universitaire,institut hospitalier`
	labels    = `nam,nas,nip,nir,nda,ipp,neq,nss,sin,ssn,tin,ein,itin,ramq,ohip,saaq,tps,tvq,tvh,tva,gst,hst,pst,qst,vat,bn,nino,nhs,npi,mrn,
		dob,ddn,iban,bic,swift,rib,siren,siret,rpps,finess,cin,cni,dni,nie,pin,otp,cvv,cvc,pan,isin,vin,imei,imsi,iccid,uuid,guid,url,uri,tel,fax,
		abn,acn,tfn,din,ndc,udi,avs,ahv,id,ref,cp,esn,sku,ean,upc,isbn,issn,doi,orcid,gps,iup`
	streets = `rue,r,avenue,av,ave,boulevard,boul,bd,blvd,chemin,route,place,quai,impasse,allee,allees,square,cours,passage,montee,rang,via,calle,rua,
		viale,piazza,plaza,ulica,strada,strasse,straat,utca,u,platz,weg,gasse,street,road,lane,drive,court,crescent,parkway,trail,terrace,row,causeway,
		pass,isle,circle,way,heights,corners,track,gardens,grove`
)

// fill puts the kinds into the table.
func (x *lexicon) fill(kinds map[string]kind) {
	size := 1024
	for size < 3*len(kinds) {
		size *= 2
	}
	x.slots = make([]slot, size)
	var text strings.Builder
	for key, k := range kinds {
		h := hash([]byte(key))
		i := h & uint32(size-1)
		for x.slots[i].end != 0 {
			i = (i + 1) & uint32(size-1)
		}
		start := uint32(text.Len())
		text.WriteString(key)
		x.slots[i] = slot{h, start, start + uint32(len(key)), k}
	}
	x.text = text.String()
}

// kindOf returns what the lists say of a key.
func (x *lexicon) kindOf(key []byte) kind {
	if len(key) == 0 {
		return 0
	}
	return x.kindAt(hash(key), key)
}

// kindAt is kindOf for who has the hash of the key.
func (x *lexicon) kindAt(h uint32, key []byte) kind {
	for i := h & uint32(len(x.slots)-1); x.slots[i].end != 0; i = (i + 1) & uint32(len(x.slots)-1) {
		if s := &x.slots[i]; s.hash == h && x.text[s.start:s.end] == string(key) {
			return s.kind
		}
	}
	return 0
}

// kindCapital is kindAt for a word of which the first letter is a capital of ASCII.
func (x *lexicon) kindCapital(h uint32, word []byte) kind {
	for i := h & uint32(len(x.slots)-1); x.slots[i].end != 0; i = (i + 1) & uint32(len(x.slots)-1) {
		s := &x.slots[i]
		if s.hash == h && x.text[s.start] == word[0]|0x20 && x.text[s.start+1:s.end] == string(word[1:]) {
			return s.kind
		}
	}
	return 0
}

const (
	hashBegin = 2166136261
	hashPrime = 16777619
)

// hash is FNV-1a.
func hash(key []byte) uint32 {
	h := uint32(hashBegin)
	for _, c := range key {
		h = (h ^ uint32(c)) * hashPrime
	}
	return h
}

// readCues reads cues.txt: "before person 10: my name is; je m'appelle".
func (x *lexicon) readCues() {
	for line := range strings.Lines(cues) {
		rule, phrases, ok := strings.Cut(line, ": ")
		fields := strings.Fields(rule)
		if !ok || line[0] == '#' || len(fields) != 3 {
			continue
		}
		n, err := strconv.ParseInt(fields[2], 10, 8)
		if err != nil {
			continue
		}
		table := x.before
		if fields[0] == "after" {
			table = x.after
		}
		for phrase := range strings.SplitSeq(phrases, ";") {
			key := string(appendKey(nil, []byte(strings.TrimSpace(phrase))))
			w := table[key]
			switch fields[1] {
			case "person":
				w.person = max(w.person, int8(n))
			case "place":
				w.place = max(w.place, int8(n))
			case "organisation":
				w.organisation = max(w.organisation, int8(n))
			}
			table[key] = w
		}
	}
}

// setOf returns the words of a list.
func setOf(list string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		out[word] = true
	}
	return out
}
