//go:build !race

package redacttest_test

const raceDetector = false
