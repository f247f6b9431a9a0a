//go:build torture

package orderimpl

import "testing"

// Issue 5: 200,000 deliveries of 10,000 events, on both databases.
func TestAGreatStormOfWebhooksHasEachEffectOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) { hail(t, b, 5_000, 200_000) })
}
