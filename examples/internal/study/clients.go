package study

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/text/language"

	"github.com/purposebound/purposebound/consent"
	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// Client is a row of the firm's table: everything about the person is sealed.
type Client struct {
	ID      consent.Subject
	Name    pii.Sealed[pii.Name]
	Born    pii.Sealed[pii.BirthDate]
	Address pii.Sealed[pii.Address]
	Order   pii.Sealed[WorkOrder]
}

// district is where clients live: in few places many, in many places few.
type district struct {
	city, province, area string
	weight               int
}

var (
	districts = []district{
		{"Montréal", "QC", "H2X", 16},
		{"Montréal", "QC", "H3A", 14},
		{"Montréal", "QC", "H4C", 10},
		{"Laval", "QC", "H7L", 9},
		{"Québec", "QC", "G1R", 12},
		{"Québec", "QC", "G1K", 8},
		{"Gatineau", "QC", "J8X", 9},
		{"Gatineau", "QC", "J9A", 5},
		{"Sherbrooke", "QC", "J1H", 6},
		{"Longueuil", "QC", "J4K", 8},
		{"Saguenay", "QC", "G7H", 3},
		{"Rimouski", "QC", "G5L", 1},
	}
	given  = []string{"Marie", "Luc", "Amina", "Jean", "Sofia", "Paul", "Chloé", "Karim", "Inès", "Hugo"}
	family = []string{"Tremblay", "Gagnon", "Roy", "Côté", "Nguyen", "Haddad", "Bouchard", "Singh"}
	access = []string{"A ramp for a wheelchair at the front door", "Élargir la porte pour un fauteuil roulant"} // mostly ordered by the old
	orders = []string{
		"The kitchen tap leaks since Monday", "Fuite sous l'évier de la salle de bain", "New shingles for the roof before winter", "La toiture coule près de la cheminée",
		"The furnace does not start", "Installer une thermopompe",
		"Mould in the basement after the flood", "Moisissure dans la chambre du bébé", "Paint two rooms", "Refaire la peinture du salon",
	}
)

// TakeIn collects and seals what so many invented clients gave when they ordered.
func TakeIn(ctx context.Context, registry *consent.Registry, vault *pii.Vault, people int, seed uint64, today time.Time) ([]Client, error) {
	chance := rand.New(rand.NewPCG(seed, 1))
	var places []district
	for _, d := range districts {
		for range d.weight {
			places = append(places, d)
		}
	}
	clients := make([]Client, people)
	for i := range clients {
		c := &clients[i]
		c.ID = consent.NewSubject()
		if _, err := registry.Notify(ctx, c.ID, language.CanadianFrench); err != nil {
			return nil, fmt.Errorf("notify: %w", err)
		}
		if _, err := registry.Grant(ctx, c.ID, Analytics, consent.Act{Method: consent.WebForm}); err != nil {
			return nil, fmt.Errorf("grant: %w", err)
		}
		intake, err := vault.Collect(ctx, Website, c.ID, pii.Collection{For: []purpose.ID{Repairs, Analytics}, Method: consent.WebForm})
		if err != nil {
			return nil, fmt.Errorf("collect: %w", err)
		}
		at := places[chance.IntN(len(places))]
		age := 19 + chance.IntN(30) + chance.IntN(40)
		born := today.AddDate(-age, 0, -chance.IntN(365))
		address := fmt.Sprintf("%d rue Principale, %s, %s %s 1A1", 1+chance.IntN(900), at.city, at.province, at.area)
		order := orders[chance.IntN(len(orders))]
		if chance.IntN(200) < age-10 {
			order = access[chance.IntN(len(access))]
		}
		for _, err := range []error{
			c.Name.Seal(intake, given[chance.IntN(len(given))]+" "+family[chance.IntN(len(family))]),
			c.Born.Seal(intake, born.Format(time.DateOnly)),
			c.Address.Seal(intake, address),
			c.Order.Seal(intake, order),
		} {
			if err != nil {
				return nil, fmt.Errorf("seal: %w", err)
			}
		}
	}
	return clients, nil
}
