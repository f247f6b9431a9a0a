package socketio

import "sync/atomic"

// ownShare is what each session may hold without asking, in bytes. Nearly all hold less, always, and so
// never meet at the counter that they share.
const ownShare = 16 << 10

// budget bounds the memory that messages take, waiting or unfinished, over all sessions.
type budget struct {
	limit int64
	used  atomic.Int64 // beyond everybody's own share
}

// move accounts for a holder of so many bytes that now holds others. It refuses, and accounts for
// nothing, when that is more than there is.
func (b *budget) move(from, to int) bool {
	more := int64(max(to, ownShare) - max(from, ownShare))
	if more == 0 || b.used.Add(more) <= b.limit || more < 0 {
		return true
	}
	b.used.Add(-more)
	return false
}
