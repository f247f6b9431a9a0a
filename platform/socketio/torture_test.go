//go:build torture

package socketio_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Of 2,000 sockets 200 read a byte a second. The others are as fast as without them: measured in turns,
// the middle of the 99th percentiles differs by a tenth at most, or by less than what the clock of a busy
// machine tells. The memory stays bounded.
func TestTwoHundredReadersOfAByteASecondCostTheOthersNothing(t *testing.T) {
	const rounds = 5
	p99 := map[int][]time.Duration{}
	for range rounds {
		for _, slow := range []int{0, 200} {
			t.Run(fmt.Sprint(slow, " slow"), func(t *testing.T) { // whose clients leave at its end
				waits := slowReaders(t, crowd{sockets: 2000, slow: slow, messages: 40, size: 1000, gap: 500 * time.Millisecond})
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				p99[slow] = append(p99[slow], waits[len(waits)*99/100])
				t.Logf("p50 %v, p99 %v, heap %d MB", waits[len(waits)/2], waits[len(waits)*99/100], memory.HeapInuse>>20)
				if memory.HeapInuse > 400<<20 {
					t.Errorf("%d bytes of heap", memory.HeapInuse)
				}
			})
		}
	}
	slices.Sort(p99[0])
	slices.Sort(p99[200])
	if without, with := p99[0][rounds/2], p99[200][rounds/2]; with > without+without/10+2*time.Millisecond {
		t.Errorf("the others wait %v with the slow ones, %v without", with, without)
	}
}
