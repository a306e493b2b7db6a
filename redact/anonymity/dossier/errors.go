package dossier

import "errors"

// Every error of this package is one of these, or wraps one, or comes from package anonymity, the context or the writer and reader. None carries a
// value of a cell; names of columns and ids of releases they do carry.
var (
	// ErrNothing says that an [Anonymised] or a [Dossier] is the zero value.
	ErrNothing = errors.New("dossier: there is nothing here")
	// ErrDeclaration says that something that has to be declared is missing or is no UTF-8; it names what.
	ErrDeclaration = errors.New("dossier: incomplete declaration")
	// ErrConfig says that a table is missing or does not say whom its rows are about, an earlier release is not named or named twice, or a limit is out of
	// bounds.
	ErrConfig = errors.New("dossier: nothing can be measured like this")
	// ErrColumns says that a column of the release is another thing in the original, or is not there, or that the release still names people.
	ErrColumns = errors.New("dossier: columns of the release and the original do not fit")
	// ErrReading says that rows of the release agree with no row of the original, so that what is generalised is not understood; or not with the row that
	// says whom they are about.
	ErrReading = errors.New("dossier: values of the release stand for none of the original")
	// ErrIndividualisation says that individualisation was not measured, before and after.
	ErrIndividualisation = errors.New("dossier: individualisation is not measured")
	// ErrCorrelation says that correlation was not measured, before and after.
	ErrCorrelation = errors.New("dossier: correlation is not measured")
	// ErrInference says that inference was not measured, before and after: no sensitive column was released, or too few people are there to try.
	ErrInference = errors.New("dossier: inference is not measured")
	// ErrRisk says that a risk is not within its limit; [Dossier.Findings] says which.
	ErrRisk = errors.New("dossier: the residual risk is not very low")
	// ErrRelease says that a table is not the one that was measured: a cell, a column or a row is different.
	ErrRelease = errors.New("dossier: not the release that was measured")
	// ErrFigures says that a dossier has figures that are not those of its release, or contradict each other.
	ErrFigures = errors.New("dossier: the figures are not those of the release")
	// ErrReview says that the day of the next review has come, or no time was given to compare it with.
	ErrReview = errors.New("dossier: the analysis is due for review")
	// ErrFormat says that a file is not a dossier as format.md describes it, to the letter.
	ErrFormat = errors.New("dossier: not a dossier of a form this version knows")
)
