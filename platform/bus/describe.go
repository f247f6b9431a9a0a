package bus

// Watched returns the topics that live pages of this process watch, sorted.
func (b *Bus) Watched() []string { return b.watched() }
