package scrub

// SetPart makes parts so small that short texts have several.
func (s *Scrubber) SetPart(size, margin int) { s.size, s.margin = size, margin }
