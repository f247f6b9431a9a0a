//go:build !race

package orderimpl

const raceDetector = false
