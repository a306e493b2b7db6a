package anonymity

// Slide is the expected number of people alone in the population by the slide negative binomial model, and whether one fits a sample of classes of these sizes.
func Slide(sizes []int, people int) (unique float64, fits bool) {
	s, err := sizesOf(sizes).slide(people)
	return s.unique(), err == nil
}

// FitSlide fits the model of so many classes to so many of one row and of two.
func FitSlide(classes, share, one, two float64) (alpha, logBeta, unique float64, err error) {
	s, err := fitSlide(classes, share, one, two)
	return s.alpha, s.logBeta, s.unique(), err
}

// Shlosser estimates the number of classes in the population by the sizes of those in a sample of such a share.
func Shlosser(sizes []int, share float64) float64 { return sizesOf(sizes).shlosser(share) }
