package scrub

// street says in which language a word is the type of a street, and how surely.
type street uint8

const (
	streetFrench  street = 1 << iota // stands before the name: "rue"
	streetEnglish                    // stands after it: "Avenue"
	streetSure                       // hardly ever means anything else
)

var streetWords = []struct {
	street street
	words  string
}{
	{streetFrench, `rue avenue av ave boulevard boul bd bld bvd blvd chemin ch che place pl impasse imp allee allees all route rte rang quai cours square sq passage
		cote montee ruelle sentier voie villa cite esplanade promenade residence lotissement hameau domaine carrefour faubourg fg parvis
		venelle traverse galerie croissant crois terrasse autoroute concession via rua calle strada piazza corso viale plaza avenida`},
	{streetEnglish, `street st str avenue ave av road rd drive dr lane ln court ct way boulevard blvd terrace terr crescent cres place pl square sq parkway pkwy highway hwy
		trail trl circle cir alley bayou bend bluff bluffs bottom branch bridge brook brooks burg burgs bypass camp canyon cape causeway center centers
		centre circles cliff cliffs club common commons corner corners course courts cove coves creek crest crossing crossroad crossroads curve dale dam
		divide drives estate estates expressway extension extensions fall falls ferry field fields flat flats ford fords forest forge forges fork
		forks fort freeway garden gardens gateway glen glens green greens grove groves harbor harbors harbour haven heights hill hills hollow
		inlet island islands isle junction junctions key keys knoll knolls lake lakes land landing light lights loaf lock locks lodge loop mall
		manor manors meadow meadows mews mill mills mission motorway mount mountain mountains neck orchard oval overpass park parks parkways
		pass passage path pike pine pines plain plains plaza point points port ports prairie radial ramp ranch rapid rapids rest ridge ridges
		river roads route row rue run shoal shoals shore shores skyway spring springs spur spurs squares station stravenue stream streets summit throughway
		trace track trafficway tunnel turnpike underpass union unions valley valleys via viaduct view views village villages ville vista walk
		walks wall ways well wells close gate line sideroad townline concession quay strasse weg gasse straat`},
	{streetSure, `rue avenue ave boulevard boul blvd chemin impasse allee street road drive lane court crescent terrace parkway highway strasse`},
}

// civic finds a street address that begins with its civic number, and a post office box.
func (sc *scan) civic(r *run) int {
	if !sc.wants(kindAddress) || r.size(0) > 6 {
		return 0
	}
	start := r.start[0]
	if stop := sc.postBox(r); stop > 0 {
		return stop
	}
	if sc.dottedBefore(start) || sc.at(start-1) == '$' || sc.at(start-1) == '/' || sc.at(start-1) == '#' && sc.at(start-2) == ' ' {
		return 0
	}
	i := r.end[0]
	if r.n > 1 && r.sep[1] == '-' && r.size(1) <= 5 {
		i = r.end[1] // "12-14"
	}
	second := 0 // where what has a house number of its own begins
	if r.n > 1 && r.sep[1] == ' ' && r.size(1) <= 4 && r.size(0) <= 6 && (r.n == 2 || r.sep[2] != ' ') {
		i = r.end[1]                         // a second number: of the building, or of a numbered street
		if r.size(1) != 3 || r.size(0) > 2 { // else a space after the thousands
			second = r.start[1]
		}
	}
	if c := sc.at(i); isLetter(c) {
		switch e, j := sc.word(i); {
		case e.misc == miscBis, j == i+1, e.misc == miscOrdinal:
			i = j
		default:
			return 0
		}
	}
	if sc.at(i) == ',' {
		i++
	}
	gap := sc.spaceAt(i)
	if gap == 0 {
		return 0
	}
	i += gap
	if e, j := sc.word(i); e.misc == miscBis {
		if i = j; sc.at(i) == ',' {
			i++
		}
		i += sc.spaceAt(i)
	}
	end, score, reason := sc.streetName(i)
	if end == 0 {
		return 0
	}
	if e, _ := sc.word(i); e.cue&cueBox != 0 {
		if before, _ := sc.wordRightBefore(start); before.misc == miscUnit {
			return 0 // "Unit 12 Box 34": an address of the military, found at its second number
		}
	}
	if reason == numberAfter && second == 0 {
		second = i
	}
	if sc.hasAt(end, " ") && isDigit(sc.at(end+1)) {
		if j := sc.houseNumber(end + 1); j > 0 && (sc.at(j) == ',' || sc.unit(j) > j) {
			end = j
		}
	}
	if sc.at(end) == '.' && sc.at(end+1) == ',' { // an abbreviated point of the compass
		end++
	}
	name := end
	unit := sc.unit(end)
	hasUnit, inline := unit > end, !sc.lineStart(start)
	if hasUnit {
		end, score = unit, score+0.25
	}
	if score < 0.5 && r.size(0) == 5 {
		if stop := sc.postal(r); stop > 0 {
			return stop
		}
	}
	street := end
	if hasUnit {
		street = unit
	}
	if score, end = sc.locality(end, score); end == street {
		if hasUnit {
			end = sc.town(end, inline, 1)
		} else if inline {
			end = sc.town(end, false, 2)
		}
	}
	if all, near := sc.cues(start); near&cueAddress != 0 {
		score += 0.25
	} else if all&cueAddress != 0 {
		score += 0.2
	}
	score = min(score, 0.95)
	if second > 0 && end == street && (!hasUnit || !inline && sc.text[name] == '\n') {
		// The first number is not that of the house, but of a building or an area. Such addresses come from lists in which number, street and unit are
		// fields, and stay apart.
		if !sc.add(kindAddress, start, r.end[0], score, reason) {
			return 0
		}
		sc.add(kindAddress, second, name, score, reason)
		if hasUnit {
			sc.add(kindAddress, sc.skip(name, 3, " ,\n"), unit, score, reason)
		}
	} else if !sc.add(kindAddress, start, end, score, reason) {
		return 0
	}
	sc.lastAddress = end
	return end
}

// compound reads the word at i with what hyphens and apostrophes join to it, "Saint-Denis", "O'Keefe", "l'Église". Capital reports whether one of its
// parts begins with a capital; joined, whether there are several, in which case e is empty.
func (sc *scan) compound(i int) (e entry, end int, capital, joined bool) {
	const most = 48
	e, end = sc.word(i)
	capital = sc.capitalAt(i)
	for end > i && end-i < most {
		k := end
		switch c := sc.at(k); {
		case c == '-' || c == '\'':
			k++
		case c == 0xE2 && sc.hasAt(k, "’"):
			k += len("’")
		default:
			return e, end, capital, joined
		}
		_, next := sc.word(k)
		if next == k {
			break
		}
		capital = capital || sc.capitalAt(k)
		e, end, joined = entry{}, next, true
	}
	return e, end, capital, joined
}

// nextWord returns where the word after one that ends at end and began at start begins; end if there is none on the line. An abbreviation may end with a
// point.
func (sc *scan) nextWord(start, end int) int {
	if sc.at(end) == '.' && end-start < 5 {
		if n := sc.spaceAt(end + 1); n > 0 {
			return end + 1 + n
		}
		return end
	}
	return end + sc.spaceAt(end)
}

// streetName reads the name of a street, with its type if it has one, from i on. End is 0 if there is none.
func (sc *scan) streetName(i int) (end int, score float32, reason string) {
	e, j := sc.word(i)
	if e.misc == miscDirection && sc.at(j) == ' ' && sc.capitalAt(j+1) {
		e, _ = sc.word(j + 1)
	}
	if e.street&streetFrench != 0 {
		if end := sc.frenchName(i); end > 0 {
			const reason = "civic number, type of a street"
			switch next := sc.nextWord(i, j); {
			case e.street&streetSure != 0 || sc.capitalAt(i):
				return end, 0.8, reason
			case j-i > 3 && next > j && sc.capitalWord(next):
				return end, 0.5, reason
			}
		}
	}
	return sc.englishName(i)
}

// capitalWord reports whether a word with a capital in it begins at i.
func (sc *scan) capitalWord(i int) bool {
	_, _, capital, _ := sc.compound(i)
	return capital
}

// englishName reads the name of a street and the type after it, or a name alone: words with capitals, and small particles between them. Before a type that
// hardly ever means anything else the words may be small.
func (sc *scan) englishName(i int) (end int, score float32, reason string) {
	const words = 6
	var name, typed, capitals int // where the name and the type end
	var lower, sure bool
	for n := range words {
		e, j, capital, joined := sc.compound(i)
		if j == i || isDigit(sc.at(j)) && j-i < 2 || n > 0 && (e.misc == miscUnit || e.cue&cuePhone != 0) {
			break
		}
		switch {
		case capital:
			capitals++
		case e.misc == miscParticle && n > 0:
		default:
			lower = true
		}
		if capital && !lower && capitals < 3 {
			name = j
		}
		if n > 0 && !joined && (e.street&streetEnglish != 0 && capital && !lower || e.street&(streetEnglish|streetSure) == streetEnglish|streetSure) {
			typed, sure = j, e.street&streetSure != 0
		}
		next := sc.nextWord(i, j)
		if next == j || lower && n > 2 {
			break
		}
		i = next
	}
	switch {
	case typed > 0:
		end = sc.direction(typed)
		switch {
		case sure && lower:
			score = 0.55
		case sure:
			score = 0.8
		default:
			score = 0.6
		}
		return end, score, "civic number, type of a street"
	case name == 0:
		return 0, 0, ""
	case sc.at(name) == ' ' && isDigit(sc.at(name+1)): // a number after the name, as most of Europe writes it
		if j := sc.houseNumber(name + 1); j > 0 {
			return j, 0.35, numberAfter
		}
	}
	return name, 0.3, "civic number and name"
}

const numberAfter = "number, name and number"

// direction returns where the point of the compass that follows the type of a street ending at i ends, or i: "Main St. W", "Baker Street North".
func (sc *scan) direction(i int) int {
	j := i
	if sc.at(j) == '.' {
		j++
	}
	k := j + sc.spaceAt(j)
	if e, end := sc.word(k); k > j && e.misc == miscDirection && isUpper(sc.at(k)) && !sc.wordAt(end) {
		return end
	}
	return i
}

// frenchName reads "rue", or what stands for it, and the name of the street from i on, and returns where it ends; 0 if it has no name. The name
// ends before a comma, a line end, a number or a word in small letters that cannot be part of a name.
func (sc *scan) frenchName(i int) int {
	const words = 9
	end, named := 0, false
	for n := range words {
		e, j, capital, _ := sc.compound(i)
		if j == i || sc.wordAt(j) && !isLetter(sc.at(j)) {
			break
		}
		switch {
		case n == 0, n == 1 && e.misc == miscDirection:
		case capital && (e.misc != miscUnit || !named):
			named, end = true, j
		case e.misc == miscSaint:
			named = true
		case e.misc == miscParticle || e.misc == miscArticle:
		case !named: // one word in small letters: "45 rue des lilas"
			named, end = true, j
		default:
			return end
		}
		next := sc.nextWord(i, j)
		if next == j {
			break
		}
		i = next
		if isDigit(sc.at(i)) && e.misc == miscParticle && !named { // "rue du 8 Mai 1945"
			for isDigit(sc.at(i)) {
				i++
			}
			i += sc.spaceAt(i)
		}
	}
	return end
}
