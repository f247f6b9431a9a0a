//go:build torture

package orderimpl

import (
	"testing"

	"marketplace/platform/apptest"
)

// Issue 5: 200,000 deliveries of 10,000 events, on both databases.
func TestAGreatStormOfWebhooksHasEachEffectOnce(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		hail(t, newBed(t, open, patient()), 5_000, 200_000)
	})
}
