package elastic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// ship sends batch after batch until the shipper is closed and everything is sent.
func (s *Shipper) ship() {
	defer close(s.done)
	tick := time.NewTicker(s.o.Flush)
	defer tick.Stop()
	for {
		closed := s.drain()
		if closed || s.ctx.Err() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-s.wake:
		case <-s.ctx.Done():
		}
	}
}

// drain sends until nothing waits, and says whether the shipper is closed.
func (s *Shipper) drain() (closed bool) {
	for {
		s.mu.Lock()
		batch, closed := s.queue.take(batchBytes), s.closed
		s.mu.Unlock()
		if len(batch) == 0 {
			if s.confess() {
				continue
			}
			return closed
		}
		s.send(batch)
		if s.ctx.Err() != nil {
			s.forget()
			return true
		}
	}
}

// forget counts what still waits when there is no time left.
func (s *Shipper) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines.WithLabelValues("dropped").Add(float64(s.queue.len()))
	s.queue = queue{}
}

// confess adds the one line that tells how many were dropped, once everything else is sent.
func (s *Shipper) confess() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.unsaid
	if n == 0 {
		return false
	}
	s.unsaid = 0
	text, err := json.Marshal(map[string]any{
		"@timestamp": s.o.Clock.Now().Format("2006-01-02T15:04:05.000Z"), "log.level": "warn", "ecs.version": "1.6.0",
		"message": fmt.Sprintf("%d lines of the log were dropped: Elasticsearch did not take them in time.", n),
		"labels":  map[string]any{"dropped": strconv.Itoa(n)}, "event.dataset": "marketplace.app",
	})
	if err != nil {
		return false
	}
	s.next++
	s.queue.push(line{id: s.next, text: text})
	return true
}

// send repeats a batch until every line of it is stored, dead, or the shipper's time is over. The waiting between
// two attempts, which grows to 100 times the first, is also what spares a server that is down.
func (s *Shipper) send(batch []line) {
	wait := s.o.Retry
	for {
		left, err := s.attempt(batch)
		if err != nil {
			s.complain(err)
		}
		if len(left) == 0 {
			return
		}
		if len(left) < len(batch) {
			wait = s.o.Retry // it answers
		}
		batch = left
		late := time.NewTimer(wait/2 + mathrand.N(wait)) //nolint:gosec // it spreads attempts, no secret
		select {
		case <-late.C:
		case <-s.ctx.Done():
			late.Stop()
			s.lines.WithLabelValues("dropped").Add(float64(len(batch)))
			return
		}
		wait = min(wait*2, 100*s.o.Retry)
	}
}

// attempt sends a batch once and returns the lines that have to be sent again.
func (s *Shipper) attempt(batch []line) (again []line, err error) {
	status, answer, err := s.post(batch)
	switch {
	case err != nil:
		return batch, err
	case status == http.StatusOK:
		return s.sort(batch, answer)
	case status == http.StatusRequestEntityTooLarge || status == http.StatusBadRequest:
		// Too large, or one line that spoils the request: halve until it is found.
		if len(batch) == 1 {
			s.bury(batch[0], status, string(answer))
			return nil, nil
		}
		first, err1 := s.attempt(batch[:len(batch)/2])
		second, err2 := s.attempt(batch[len(batch)/2:])
		if err1 == nil {
			err1 = err2
		}
		return append(first, second...), err1
	}
	return batch, fmt.Errorf("elasticsearch answered %d: %.200s", status, answer)
}

func (s *Shipper) post(batch []line) (status int, answer []byte, err error) {
	var body bytes.Buffer
	s.zip.Reset(&body)
	for _, l := range batch {
		_, _ = fmt.Fprintf(s.zip, "{\"create\":{\"_index\":%q,\"_id\":\"%s-%d\"}}\n", s.stream(l.text), s.run, l.id)
		_, _ = s.zip.Write(bytes.TrimRight(l.text, "\n"))
		_, _ = s.zip.Write([]byte("\n"))
	}
	if err := s.zip.Close(); err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.bulk, &body)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Content-Encoding", "gzip")
	if s.o.APIKey != "" {
		request.Header.Set("Authorization", "ApiKey "+s.o.APIKey.Reveal())
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, answer, err
}

// dataset finds the line's own dataset, which comes first among what a line says of itself.
var dataset = regexp.MustCompile(`"event\.dataset":"([a-z0-9_.]{1,80})"`)

// stream is the data stream of a line.
func (s *Shipper) stream(text []byte) string {
	name := "marketplace.app"
	if found := dataset.FindSubmatch(text); found != nil {
		name = string(found[1])
	}
	return "logs-" + name + "-" + s.o.Namespace
}

// sort looks at what became of each line.
func (s *Shipper) sort(batch []line, answer []byte) (again []line, err error) {
	var result struct {
		Errors bool `json:"errors"`
		Items  []map[string]struct {
			Status int `json:"status"`
			Error  struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
			} `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &result); err != nil || len(result.Items) != len(batch) {
		return batch, fmt.Errorf("elasticsearch answered in a form that is not that of a bulk request: %.200s", answer)
	}
	for i, item := range result.Items {
		for _, r := range item {
			switch {
			case r.Status < 300 || r.Status == http.StatusConflict: // stored now, or by an attempt whose answer was lost
				s.lines.WithLabelValues("stored").Inc()
			case r.Status == http.StatusTooManyRequests || r.Status >= 500:
				again = append(again, batch[i])
			default:
				s.bury(batch[i], r.Status, r.Error.Type+": "+r.Error.Reason)
			}
		}
	}
	return again, nil
}

// bury keeps a line that will never be taken where people find it.
func (s *Shipper) bury(l line, status int, why string) {
	s.lines.WithLabelValues("dead").Inc()
	s.complain(fmt.Errorf("elasticsearch refuses a line (%d): %.200s", status, why))
	if err := s.dead.add(l.text, status, why); err != nil {
		s.complain(err)
	}
}

// complain says once a minute what is wrong, where it cannot come back here.
func (s *Shipper) complain(err error) {
	now := s.o.Clock.Now()
	if s.ctx.Err() != nil || now.Before(s.silence) {
		return
	}
	s.silence = now.Add(time.Minute)
	_, _ = fmt.Fprintf(s.o.Errors, "logs are not shipped: %v\n", err)
}
