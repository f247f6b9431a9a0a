package socketio

import "sync"

// serial runs tasks one at a time, in the order they come, on the goroutines of those who bring them.
// It costs nothing while nobody does.
type serial struct {
	mu    sync.Mutex
	busy  bool
	tasks []waiting
}

type waiting struct {
	task func()
	done chan struct{}
}

// do returns when the task has run. A task that calls do waits for itself: it must say go do(…).
func (q *serial) do(task func()) {
	q.mu.Lock()
	if q.busy {
		done := make(chan struct{})
		q.tasks = append(q.tasks, waiting{task, done})
		q.mu.Unlock()
		<-done
		return
	}
	q.busy = true
	q.mu.Unlock()
	task()
	for next, more := q.next(); more; next, more = q.next() {
		next.task()
		close(next.done)
	}
}

// next takes the task that has waited longest.
func (q *serial) next() (waiting, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tasks) == 0 {
		q.busy, q.tasks = false, nil
		return waiting{}, false
	}
	first := q.tasks[0]
	q.tasks = q.tasks[1:]
	return first, true
}
