package main

import (
	"fmt"
	"testing"
)

// BenchmarkStory is a stranger's first order, from the sign-up to the earning that can be withdrawn, in one process and
// with every module in a process of its own: what splitting costs a client.
func BenchmarkStory(b *testing.B) {
	for _, s := range []shape{shapes()[1], shapes()[3]} {
		b.Run(s.name, func(b *testing.B) {
			m := start(b, s)
			b.ResetTimer()
			for i := range b.N {
				aStrangersFirstOrder(b, m.with(fmt.Sprint(i)))
			}
		})
	}
}
