package rpc

import (
	"testing"
)

// BenchmarkCall compares a call of the contract in this process with the same one over loopback: signed, checked, with
// both ends on the same cores. times-local is the price.
func BenchmarkCall(b *testing.B) {
	var contract echo = &local{}
	h, err := Serve("echo", contract, Options{Secrets: secrets})
	if err != nil {
		b.Fatal(err)
	}
	c, err := NewClient("echo", []string{listen(b, h)}, Options{Secrets: secrets})
	if err != nil {
		b.Fatal(err)
	}
	q := sayRequest{Text: "what a page asks for is about as long as this sentence"}
	var local float64
	b.Run("local", func(b *testing.B) {
		for b.Loop() {
			if _, err := contract.Say(b.Context(), q); err != nil {
				b.Fatal(err)
			}
		}
		local = float64(b.Elapsed()) / float64(b.N)
	})
	b.Run("remote", func(b *testing.B) {
		for b.Loop() {
			if _, err := Call[said](b.Context(), c, "Say", q); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/local, "times-local")
	})
	b.Run("remote, many at once", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := Call[said](b.Context(), c, "Say", q); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/local, "times-local")
	})
}
