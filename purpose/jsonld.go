package purpose

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"golang.org/x/text/language"
)

// Published pages in JSON-LD use the terms of the W3C Data Privacy Vocabulary 2 (https://w3id.org/dpv). It has no terms for the law of Québec: the grounds
// there are terms of our own, below urn:purposebound:, with the provision as dct:source.

type node = map[string]any

var vocabularies = node{
	"dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "dct": "http://purl.org/dc/terms/", "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
	"pb": "urn:purposebound:",
}

func spokenIn(t Text, tags ...language.Tag) []node {
	var all []node
	for _, tag := range tags {
		if text := t.In(tag); text != "" {
			all = append(all, node{"@language": tag.String(), "@value": text})
		}
	}
	return all
}

func reference(id string) node { return node{"@id": id} }

func references[T ~string](prefix string, ids []T) []node {
	var all []node
	for _, id := range slices.Sorted(slices.Values(ids)) {
		all = append(all, reference(prefix+string(id)))
	}
	return all
}

// graph returns the nodes that a record and a notice share, with texts in the languages.
func (d *Document) graph(tags ...language.Tag) []node {
	graph := []node{{
		"@id": "pb:controller", "@type": "dpv:DataController", "dpv:hasName": d.Controller.Name, "dpv:hasAddress": d.Controller.Address,
		"dpv:hasContact": d.Controller.Contact, "dpv:hasDataProtectionOfficer": node{"@id": "pb:officer", "dpv:hasContact": d.Officer},
	}}
	for _, s := range d.sorted() {
		graph = append(graph, d.process(s, tags))
	}
	used := make(map[Attribute]bool)
	subjects := make(map[string]bool)
	for _, s := range d.Purposes {
		for _, a := range s.Attributes {
			used[a] = true
		}
		for _, subject := range s.Subjects {
			subjects[subject] = true
		}
	}
	for _, a := range slices.Sorted(maps.Keys(used)) {
		graph = append(graph, d.named("pb:data/", string(a), "dpv:PersonalData", "pd:", tags))
	}
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		graph = append(graph, d.named("pb:subject/", subject, "dpv:DataSubject", "dpv:", tags))
	}
	for _, id := range slices.Sorted(maps.Keys(recipients(d))) {
		r := recipients(d)[id]
		kind := map[RecipientKind]string{Processor: "dpv:DataProcessor", ThirdParty: "dpv:ThirdParty", Authority: "dpv:Authority"}[r.Kind]
		n := node{
			"@id": "pb:recipient/" + r.ID, "@type": []string{"dpv:Recipient", kind}, "dpv:hasName": r.Name,
			"dpv:hasJurisdiction": r.Jurisdiction, "pb:role": r.Role,
		}
		if away := d.abroad(r); len(away) > 0 {
			n["dpv:hasLocation"] = away
		}
		graph = append(graph, n)
	}
	return graph
}

// named is a term of the document.
func (d *Document) named(prefix, id, class, vocabulary string, tags []language.Tag) node {
	n := node{"@id": prefix + id, "@type": class}
	for i := range d.Terms {
		if t := &d.Terms[i]; t.ID == id {
			n["rdfs:label"] = spokenIn(t.Title, tags...)
			if t.DPV != "" {
				n["rdfs:subClassOf"] = reference(vocabulary + t.DPV)
			}
		}
	}
	return n
}

func (d *Document) process(s *Spec, tags []language.Tag) node {
	goal := node{"@id": "pb:purpose/" + string(s.ID), "@type": "dpv:Purpose", "rdfs:label": spokenIn(s.Title, tags...)}
	if s.DPV != "" {
		goal["rdfs:subClassOf"] = reference("dpv:" + s.DPV)
	}
	ground := node{"@id": "pb:basis/" + s.Basis.String()}
	switch s.Basis {
	case ExpressConsent:
		ground["@type"] = "dpv:ExpressedConsent"
	case ConsentByProvision, ImpliedConsent:
		ground["@type"] = "dpv:Consent"
	default:
		ground["@type"] = "dpv:LegalBasis"
	}
	if s.Citation != "" {
		ground["dct:source"] = s.Citation
	}
	var operations []node
	for _, op := range slices.Sorted(slices.Values(s.Operations)) {
		if term := processing(op); term != "" {
			operations = append(operations, reference(term))
		}
	}
	storage := node{"@type": "dpv:StorageDuration", "dpv:hasDuration": s.Retention.Keep.String(), "pb:from": s.Retention.From.String()}
	if after := s.Retention.AfterConsent; !after.IsZero() {
		storage["pb:afterConsent"] = after.String()
	}
	n := node{
		"@id": "pb:process/" + string(s.ID), "@type": "dpv:Process", "dpv:hasDataController": reference("pb:controller"),
		"dpv:hasPurpose": goal, "dpv:hasLegalBasis": ground, "dpv:hasProcessing": operations,
		"dpv:hasStorageCondition": storage,
	}
	for key, list := range map[string][]node{
		"dpv:hasPersonalData": references("pb:data/", s.Attributes), "dpv:hasDataSubject": references("pb:subject/", s.Subjects),
		"pb:hasAccess": references("pb:role/", slices.Collect(maps.Keys(s.Roles))),
	} {
		if len(list) > 0 {
			n[key] = list
		}
	}
	var to []node
	for _, r := range d.goes(s) {
		to = append(to, reference("pb:recipient/"+r.ID))
	}
	if len(to) > 0 {
		n["dpv:hasRecipient"] = to
	}
	return n
}

// processing returns the term of an operation.
func processing(op Operation) string {
	switch op {
	case Collect:
		return "dpv:Collect"
	case Use:
		return "dpv:Use"
	case Combine:
		return "dpv:Combine"
	case Disclose:
		return "dpv:Disclose"
	case Transfer:
		return "dpv:CrossBorderTransfer"
	case Store:
		return "dpv:Store"
	case Erase:
		return "dpv:Erase"
	default:
		return "" // of the organisation's own housekeeping
	}
}

func (d *Document) publish(top node, graph []node) []byte {
	top["pb:version"], top["dct:valid"], top["pb:hash"] = d.Version, d.Effective.UTC().Format(time.RFC3339), d.Hash()
	// Maps are written in the order of their keys, and nothing in them can fail to be written.
	b, _ := json.MarshalIndent(node{"@context": vocabularies, "@graph": append([]node{top}, graph...)}, "", "  ")
	return append(b, '\n')
}

// JSONLD returns the record as JSON-LD, with the terms of the W3C Data Privacy Vocabulary and texts in both languages.
func (r *Record) JSONLD() []byte {
	d := r.document
	graph := d.graph(language.English, language.French)
	var measures []node
	for _, text := range d.Security {
		measures = append(measures, node{"@type": "dpv:TechnicalOrganisationalMeasure", "rdfs:label": spokenIn(text, language.English, language.French)})
	}
	for i := range d.Assessments {
		a := &d.Assessments[i]
		graph = append(graph, node{
			"@id": "pb:assessment/" + a.ID, "@type": "pb:TransferAssessment", "dpv:hasRecipient": reference("pb:recipient/" + a.Recipient),
			"dpv:hasLocation": a.Jurisdictions, "dpv:hasOutcome": a.Outcome.String(), "dct:source": a.Agreement, "dct:date": a.Made.UTC().Format(time.DateOnly),
			"pb:review": a.Review.UTC().Format(time.DateOnly),
		})
	}
	return d.publish(node{
		"@id": "pb:record", "@type": "pb:RecordOfProcessing", "dpv:hasTechnicalOrganisationalMeasure": measures,
		"dpv:hasProcess": references("pb:process/", slices.Collect(maps.Keys(index(d.Purposes)))),
	}, graph)
}

// JSONLD returns the outline as JSON-LD, with the terms of the W3C Data Privacy Vocabulary and texts in its language.
func (n *Notice) JSONLD() []byte {
	d := n.document
	top := node{
		"@id": "pb:notice/" + n.tag.String(), "@type": "dpv:PrivacyNotice", "dct:language": n.tag.String(),
		"dpv:hasProcess": references("pb:process/", slices.Collect(maps.Keys(index(d.Purposes)))),
	}
	p := &page{document: d, tag: n.tag}
	var rights []node
	for _, right := range slices.Sorted(slices.Values(d.Statements.Rights)) {
		rights = append(rights, node{"@id": "pb:right/" + right.String(), "@type": "dpv:Right", "rdfs:label": node{
			"@language": n.tag.String(), "@value": p.say("right " + right.String()),
		}})
	}
	if len(rights) > 0 {
		top["dpv:hasRight"] = rights
	}
	return d.publish(top, d.graph(n.tag))
}
