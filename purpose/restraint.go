package purpose

// restrained asks whether a hold or an erasure keeps the data from the purpose. It is the last rule: what it denies would otherwise be permitted.
func (s *Scope) restrained(r *Request, f *Facts, d *Decision) Reason {
	if !f.restraints() {
		return FactUnknown
	}
	d.Trace |= FieldHolds
	if len(f.Holds) == 0 && len(f.Erasures) == 0 && f.Erased.IsZero() {
		return Permitted
	}
	switch s.operation {
	case Rights, Maintenance:
		return Permitted // the person's own request, and what keeps the data readable for those who may
	case Collect:
		if !f.Erased.IsZero() {
			return Erased
		}
		for i := range f.Erasures {
			if of := f.Erasures[i].Compartment; of == "" || of == r.Compartment {
				return ErasureRunning
			}
		}
		return Permitted
	case Store:
		return Permitted
	}
	if r.Attribute == "" {
		return s.mayBegin(f)
	}
	return s.Restrained(r.Case, f)
}

// mayBegin asks what concerns all of a person's values.
func (s *Scope) mayBegin(f *Facts) Reason {
	kept := f.Erased.IsZero() || s.preserved()
	for i := range f.Holds {
		own := s.within(&f.Holds[i])
		if f.Holds[i].Case == "" && !own {
			return RestrictedToHold
		}
		kept = kept || own
	}
	if !kept {
		return RestrictedToHold
	}
	return Permitted
}

// Restrained says whether holds and erasures leave a value to the purpose: [Permitted], [RestrictedToHold], or [FactUnknown] if they are not known.
// The value belongs to the case, or to none if that is "". A hold leaves what it covers to its purpose and to those below. Of a person who was erased, there is
// left what a purpose must preserve by law, to that purpose, and what a hold covers, to the hold's.
// The operations [Collect], [Store], [Rights] and [Maintenance] are not restrained.
func (s *Scope) Restrained(caseID string, f *Facts) Reason {
	if !f.restraints() {
		return FactUnknown
	}
	if s.purpose == nil {
		return Undecided
	}
	switch s.operation {
	case Collect, Store, Rights, Maintenance:
		return Permitted
	}
	kept := f.Erased.IsZero() || s.preserved()
	for i := range f.Holds {
		h := &f.Holds[i]
		if !h.Covers(caseID) {
			continue
		}
		if !s.within(h) {
			return RestrictedToHold
		}
		kept = true
	}
	if !kept {
		return RestrictedToHold
	}
	return Permitted
}

// within reports whether the scope's purpose is the hold's, or below it.
func (s *Scope) within(h *Hold) bool { return s.purpose.spec.ID.Within(h.Purpose) }

// preserved reports whether a law obliges the purpose to keep.
func (s *Scope) preserved() bool { return !s.purpose.spec.Retention.Minimum.IsZero() }
