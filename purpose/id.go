package purpose

import "strings"

// ID names a purpose in lower-case words joined by dots, "marketing.newsletter".
// Dots make a tree: "service" is the parent of "service.payment".
// Programs declare the ids they use as constants. The zero ID names no purpose.
type ID string

// Parent returns the id one level up, or "" for a root.
func (id ID) Parent() ID {
	i := strings.LastIndexByte(string(id), '.')
	if i < 0 {
		return ""
	}
	return id[:i]
}

// Within reports whether id is ancestor or stands below it in the tree.
func (id ID) Within(ancestor ID) bool {
	return ancestor != "" && (id == ancestor ||
		len(id) > len(ancestor) && id[len(ancestor)] == '.' && id[:len(ancestor)] == ancestor)
}

// Attribute names one field of personal data as category and name, "identity.email".
type Attribute string

// Category returns the part before the last dot, "identity" of "identity.email",
// or "" if the attribute has none (and then no policy accepts it).
func (a Attribute) Category() string {
	i := strings.LastIndexByte(string(a), '.')
	if i < 0 {
		return ""
	}
	return string(a[:i])
}

// Role names what an actor does in the organisation, "support_agent".
type Role string

// Actor is who asks: a person or a service inside the organisation, or a user
// who acts on another's case. The zero Actor may do nothing.
type Actor struct {
	Role Role   // what the actor does; rules name roles, never people
	ID   string // who, opaque; recorded in the audit and matched with the case
	Case string // the job, ticket or order that is worked on; "" if none
}

// Compartment names the keys that are destroyed together: the retention classes and the domains
// of the purposes a value was collected for. It is stable text and part of stored formats;
// only [Policy.Compartment] makes one.
type Compartment string

// Domains returns the key domains that can open the compartment, sorted.
func (c Compartment) Domains() []string {
	_, domains, ok := strings.Cut(string(c), "/")
	if !ok || domains == "" {
		return nil
	}
	return strings.Split(domains, "+")
}

// Classes returns the retention classes of the compartment, sorted.
func (c Compartment) Classes() []string {
	classes, _, ok := strings.Cut(string(c), "/")
	if !ok || classes == "" {
		return nil
	}
	return strings.Split(classes, "+")
}
