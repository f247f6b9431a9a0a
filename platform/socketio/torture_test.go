//go:build torture

package socketio_test

import (
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
	var without, with []time.Duration
	var before, after runtime.MemStats
	for range rounds {
		for _, slow := range []int{0, 200} {
			runtime.GC()
			runtime.ReadMemStats(&before)
			waits := slowReaders(t, crowd{sockets: 2000, slow: slow, messages: 300, size: 1000, gap: 100 * time.Millisecond})
			runtime.ReadMemStats(&after)
			p99 := waits[len(waits)*99/100]
			t.Logf("%d slow: p50 %v, p99 %v, heap %d MB", slow, waits[len(waits)/2], p99, after.HeapInuse>>20)
			if slow == 0 {
				without = append(without, p99)
			} else {
				with = append(with, p99)
			}
			if after.HeapInuse > 400<<20 {
				t.Errorf("%d bytes of heap", after.HeapInuse)
			}
		}
	}
	slices.Sort(without)
	slices.Sort(with)
	if a, b := without[rounds/2], with[rounds/2]; b > a+a/10+2*time.Millisecond {
		t.Errorf("the others wait %v with the slow ones, %v without", b, a)
	}
}
