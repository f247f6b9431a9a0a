package elastic

// line is one document that waits.
type line struct {
	id   uint64
	text []byte
}

// queue keeps lines in order. What has been popped is not kept in memory for long.
type queue struct {
	lines []line
	head  int
	bytes int // of the texts that wait
}

func (q *queue) len() int { return len(q.lines) - q.head }

func (q *queue) push(l line) {
	q.lines = append(q.lines, l)
	q.bytes += len(l.text)
}

func (q *queue) pop() line {
	l := q.lines[q.head]
	q.lines[q.head] = line{}
	q.head++
	q.bytes -= len(l.text)
	if q.head == len(q.lines) {
		q.lines, q.head = nil, 0
	} else if q.head > 1024 && q.head > len(q.lines)/2 {
		q.lines, q.head = append([]line(nil), q.lines[q.head:]...), 0
	}
	return l
}

// take pops up to so many bytes, at least one line if there is one.
func (q *queue) take(bytes int) (batch []line) {
	for taken := 0; q.len() > 0; {
		taken += len(q.lines[q.head].text)
		if len(batch) > 0 && taken > bytes {
			break
		}
		batch = append(batch, q.pop())
	}
	return batch
}
