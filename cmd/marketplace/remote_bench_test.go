package main

import (
	"testing"

	"marketplace/modules/gig"
	"marketplace/modules/gig/gigimpl"
	"marketplace/platform/rpc"
)

// BenchmarkRemote compares reading a gig in this process with reading it in another one, over loopback, both ends on the same
// cores: times-local is the price of putting the catalogue elsewhere.
func BenchmarkRemote(b *testing.B) {
	m, private := openToPeers(b)
	id := m.join(b, "sonja").sell()
	c, err := rpc.NewClient("gig", []string{private}, rpc.Options{Secrets: [][]byte{[]byte(serviceSecret)}})
	if err != nil {
		b.Fatal(err)
	}
	var local float64
	read := func(gigs gig.Service) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if _, err := gigs.Get(b.Context(), gig.GetRequest{ID: id}); err != nil {
					b.Fatal(err)
				}
			}
			spent := float64(b.Elapsed()) / float64(b.N)
			if local == 0 {
				local = spent
			}
			b.ReportMetric(spent/local, "times-local")
		}
	}
	b.Run("gig here", read(m.services.Gigs))
	b.Run("gig elsewhere", read(gigimpl.Module.Remote(c)))
}
