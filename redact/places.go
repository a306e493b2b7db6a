package redact

import "strings"

// provinceNames are the names and abbreviations of provinces and territories, English and French, as wordsOf writes them.
var provinceNames = map[string]string{
	"ab": "AB", "alta": "AB", "alb": "AB", "alberta": "AB",
	"bc": "BC", "b c": "BC", "british columbia": "BC", "cb": "BC", "c b": "BC", "colombie britannique": "BC",
	"mb": "MB", "man": "MB", "manitoba": "MB",
	"nb": "NB", "n b": "NB", "new brunswick": "NB", "nouveau brunswick": "NB",
	"nl": "NL", "n l": "NL", "nfld": "NL", "nf": "NL", "newfoundland": "NL", "newfoundland and labrador": "NL", "newfoundland labrador": "NL", "labrador": "NL",
	"tnl": "NL", "t n l": "NL", "t n": "NL", "terre neuve": "NL", "terre neuve et labrador": "NL",
	"ns": "NS", "n s": "NS", "nova scotia": "NS", "ne": "NS", "n e": "NS", "nouvelle ecosse": "NS",
	"nt": "NT", "nwt": "NT", "n w t": "NT", "northwest territories": "NT", "tno": "NT", "t n o": "NT", "territoires du nord ouest": "NT",
	"nu": "NU", "nvt": "NU", "nunavut": "NU",
	"on": "ON", "ont": "ON", "ontario": "ON",
	"pe": "PE", "pei": "PE", "p e i": "PE", "prince edward island": "PE", "ipe": "PE", "i p e": "PE", "ile du prince edouard": "PE",
	"qc": "QC", "q c": "QC", "pq": "QC", "p q": "QC", "que": "QC", "quebec": "QC",
	"sk": "SK", "sask": "SK", "saskatchewan": "SK",
	"yt": "YT", "yk": "YT", "yukon": "YT", "yukon territory": "YT", "territoire du yukon": "YT",
}

// mostProvinceWords is the number of words of the longest of them.
const mostProvinceWords = 4

// cities gives for "laval QC" the name to tell, "Laval, QC".
var cities = cityIndex()

// cityKey makes the key of a municipality whose name is as wordsOf writes it.
func cityKey(words, province string) string {
	fields := strings.Fields(words)
	for i, word := range fields {
		switch word {
		case "st":
			fields[i] = "saint"
		case "ste":
			fields[i] = "sainte"
		}
	}
	return strings.Join(fields, " ") + " " + province
}

func cityIndex() map[string]string {
	index := make(map[string]string)
	for province, names := range municipalities {
		for name := range strings.SplitSeq(names, "|") {
			index[cityKey(wordsOf(name), province)] = name + ", " + province
		}
	}
	for province, pairs := range merged {
		for pair := range strings.SplitSeq(pairs, "|") {
			name, city, _ := strings.Cut(pair, ">")
			index[cityKey(wordsOf(name), province)] = city + ", " + province
		}
	}
	return index
}

// municipalities had about 10,000 people or more in the census of 2021, or are the capital of a territory. The list is not complete: a
// place that is missing is withheld.
var municipalities = map[string]string{
	"AB": "Airdrie|Beaumont|Brooks|Calgary|Camrose|Canmore|Chestermere|Cochrane|Cold Lake|Edmonton|Fort Saskatchewan|Grande Prairie|" +
		"High River|Lacombe|Leduc|Lethbridge|Lloydminster|Medicine Hat|Okotoks|Red Deer|Sherwood Park|Spruce Grove|St. Albert|Stony Plain|" +
		"Strathmore|Sylvan Lake|Wetaskiwin|Fort McMurray",
	"BC": "Abbotsford|Burnaby|Campbell River|Chilliwack|Colwood|Comox|Coquitlam|Courtenay|Cranbrook|Dawson Creek|Delta|Esquimalt|Fort St. John|" +
		"Kamloops|Kelowna|Lake Country|Langford|Langley|Maple Ridge|Mission|Nanaimo|Nelson|New Westminster|North Cowichan|North Vancouver|" +
		"Oak Bay|Parksville|Penticton|Pitt Meadows|Port Alberni|Port Coquitlam|Port Moody|Powell River|Prince George|Prince Rupert|" +
		"Richmond|Saanich|Salmon Arm|Sidney|Sooke|Squamish|Summerland|Surrey|Terrace|Vancouver|Vernon|Victoria|West Kelowna|West Vancouver|" +
		"Whistler|White Rock|Williams Lake",
	"MB": "Brandon|Portage la Prairie|Selkirk|Steinbach|Thompson|Winkler|Winnipeg",
	"NB": "Bathurst|Dieppe|Edmundston|Fredericton|Miramichi|Moncton|Quispamsis|Riverview|Rothesay|Saint John",
	"NL": "Conception Bay South|Corner Brook|Gander|Grand Falls-Windsor|Mount Pearl|Paradise|St. John's",
	"NS": "Cape Breton|Halifax|Truro",
	"NT": "Yellowknife",
	"NU": "Iqaluit",
	"ON": "Ajax|Amherstburg|Aurora|Barrie|Belleville|Bracebridge|Bradford West Gwillimbury|Brampton|Brantford|Brockville|Burlington|Caledon|Cambridge|" +
		"Chatham-Kent|Clarence-Rockland|Clarington|Cobourg|Collingwood|Cornwall|East Gwillimbury|Elliot Lake|Erin|Essex|Fort Erie|Georgina|Greater Sudbury|" +
		"Grimsby|Guelph|Haldimand County|Halton Hills|Hamilton|Huntsville|Ingersoll|Innisfil|Kawartha Lakes|Kenora|King|Kingston|Kingsville|Kitchener|LaSalle|Lakeshore|" +
		"Leamington|Lincoln|London|Markham|Midland|Milton|Mississauga|Newmarket|Niagara Falls|Niagara-on-the-Lake|Norfolk County|North Bay|Oakville|" +
		"Orangeville|Orillia|Oshawa|Ottawa|Owen Sound|Pelham|Pembroke|Petawawa|Peterborough|Pickering|Port Colborne|Port Hope|Quinte West|Richmond Hill|" +
		"Sarnia|Sault Ste. Marie|Scugog|St. Catharines|St. Thomas|Stratford|Tecumseh|Thorold|Thunder Bay|Tillsonburg|Timmins|Toronto|Uxbridge|" +
		"Vaughan|Wasaga Beach|Waterloo|Welland|Whitby|Whitchurch-Stouffville|Windsor|Woodstock|Woolwich",
	"PE": "Charlottetown|Stratford|Summerside",
	"QC": "Alma|Amos|Bécancour|Baie-Comeau|Beaconsfield|Beauharnois|Beloeil|Blainville|Boisbriand|Boucherville|Bromont|Brossard|Candiac|Cantley|Carignan|Chambly|Châteauguay|" +
		"Côte-Saint-Luc|Cowansville|Deux-Montagnes|Dolbeau-Mistassini|Dollard-des-Ormeaux|Dorval|Drummondville|Gaspé|Gatineau|Granby|Joliette|Kirkland|Lachute|La Prairie|La Tuque|" +
		"L'Ancienne-Lorette|L'Assomption|Laval|Lavaltrie|Les Îles-de-la-Madeleine|Lévis|L'Île-Perrot|Longueuil|Magog|Marieville|Mascouche|Matane|Mercier|Mirabel|" +
		"Montmagny|Montréal|Mont-Laurier|Mont-Royal|Mont-Saint-Hilaire|Mont-Tremblant|Pincourt|Pointe-Claire|Prévost|Québec|Repentigny|Rimouski|Rivière-du-Loup|Rosemère|" +
		"Rouyn-Noranda|Saguenay|Saint-Amable|Saint-Augustin-de-Desmaures|Saint-Basile-le-Grand|Saint-Bruno-de-Montarville|Saint-Charles-Borromée|Saint-Colomban|" +
		"Saint-Constant|Saint-Eustache|Saint-Georges|Saint-Hyacinthe|Saint-Jean-sur-Richelieu|Saint-Jérôme|Saint-Lambert|Saint-Lazare|" +
		"Saint-Lin-Laurentides|Saint-Sauveur|Sainte-Adèle|Sainte-Agathe-des-Monts|Sainte-Anne-des-Plaines|Sainte-Catherine|Sainte-Julie|Sainte-Marie|Sainte-Marthe-sur-le-Lac|" +
		"Sainte-Sophie|Sainte-Thérèse|Salaberry-de-Valleyfield|Sept-Îles|Shawinigan|Sherbrooke|Sorel-Tracy|Terrebonne|Thetford Mines|Trois-Rivières|Val-des-Monts|" +
		"Val-d'Or|Varennes|Vaudreuil-Dorion|Victoriaville|Westmount",
	"SK": "Estevan|Lloydminster|Martensville|Moose Jaw|North Battleford|Prince Albert|Regina|Saskatoon|Swift Current|Warman|Weyburn|Yorkton",
	"YT": "Whitehorse",
}

// merged are former municipalities, boroughs and other spellings that addresses have, with the city they stand for.
var merged = map[string]string{
	"NL": "St Johns>St. John's",
	"NS": "Bedford>Halifax|Dartmouth>Halifax|Sackville>Halifax|Lower Sackville>Halifax|Cole Harbour>Halifax|Sydney>Cape Breton|Glace Bay>Cape Breton",
	"ON": "East York>Toronto|Etobicoke>Toronto|North York>Toronto|Scarborough>Toronto|York>Toronto|Gloucester>Ottawa|Kanata>Ottawa|Nepean>Ottawa|" +
		"Orléans>Ottawa|Vanier>Ottawa|Barrhaven>Ottawa|Stittsville>Ottawa|Ancaster>Hamilton|Dundas>Hamilton|Stoney Creek>Hamilton|Flamborough>Hamilton|" +
		"Sudbury>Greater Sudbury|Chatham>Chatham-Kent|Bowmanville>Clarington|Courtice>Clarington|Georgetown>Halton Hills|Acton>Halton Hills|Bolton>Caledon|" +
		"Lindsay>Kawartha Lakes|Trenton>Quinte West|Woodbridge>Vaughan|Maple>Vaughan|Concord>Vaughan|Unionville>Markham|Simcoe>Norfolk County|" +
		"Stouffville>Whitchurch-Stouffville|Bradford>Bradford West Gwillimbury|Keswick>Georgina|Port Perry>Scugog",
	"QC": "Ahuntsic>Montréal|Anjou>Montréal|Côte-des-Neiges>Montréal|Lachine>Montréal|LaSalle>Montréal|Le Plateau-Mont-Royal>Montréal|L'Île-Bizard>Montréal|" +
		"Mercier-Hochelaga-Maisonneuve>Montréal|Montréal-Nord>Montréal|Notre-Dame-de-Grâce>Montréal|Outremont>Montréal|Pierrefonds>Montréal|" +
		"Pierrefonds-Roxboro>Montréal|Pointe-aux-Trembles>Montréal|Rivière-des-Prairies>Montréal|Rosemont>Montréal|Roxboro>Montréal|Saint-Laurent>Montréal|" +
		"Saint-Léonard>Montréal|Verdun>Montréal|Ville-Marie>Montréal|Villeray>Montréal|" +
		"Beauport>Québec|Charlesbourg>Québec|Sainte-Foy>Québec|Sillery>Québec|Cap-Rouge>Québec|Limoilou>Québec|Loretteville>Québec|Val-Bélair>Québec|Vanier>Québec|" +
		"Québec City>Québec|Ville de Montréal>Montréal|Ville de Québec>Québec|" +
		"Chomedey>Laval|Duvernay>Laval|Fabreville>Laval|Sainte-Rose>Laval|Sainte-Dorothée>Laval|Vimont>Laval|Laval-des-Rapides>Laval|Pont-Viau>Laval|Auteuil>Laval|" +
		"Aylmer>Gatineau|Buckingham>Gatineau|Hull>Gatineau|Masson-Angers>Gatineau|Greenfield Park>Longueuil|Saint-Hubert>Longueuil|LeMoyne>Longueuil|" +
		"Chicoutimi>Saguenay|Jonquière>Saguenay|La Baie>Saguenay|Charny>Lévis|Lauzon>Lévis|Saint-Romuald>Lévis|Saint-Nicolas>Lévis|Saint-Jean-Chrysostome>Lévis|" +
		"Cap-de-la-Madeleine>Trois-Rivières|Trois-Rivières-Ouest>Trois-Rivières|Grand-Mère>Shawinigan|Shawinigan-Sud>Shawinigan|Lachenaie>Terrebonne|" +
		"La Plaine>Terrebonne|Le Gardeur>Repentigny|Iberville>Saint-Jean-sur-Richelieu|Fleurimont>Sherbrooke|Lennoxville>Sherbrooke|Rock Forest>Sherbrooke|" +
		"Sorel>Sorel-Tracy|Tracy>Sorel-Tracy|Valleyfield>Salaberry-de-Valleyfield|Vaudreuil>Vaudreuil-Dorion|Noranda>Rouyn-Noranda|Rouyn>Rouyn-Noranda",
}
