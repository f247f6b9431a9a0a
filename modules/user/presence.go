package user

import "time"

// Presence says whether somebody is there (row U10).
type Presence struct {
	Online     bool       `json:"online"`
	LastSeenAt *time.Time `json:"last_seen_at,omitempty"` // UTC; while not online, and nil for who was never there
}

// AttendRequest is the argument of Attend: what has changed at a gateway since its last call. At most 500 people, each once.
type AttendRequest struct {
	Gateway string   `json:"gateway"` // chosen by the gateway, new for each of its lives
	Begins  bool     `json:"begins,omitempty"`
	Arrived []string `json:"arrived,omitempty"` // ids of people who are connected to it now
	Left    []string `json:"left,omitempty"`    // ids of people who are not any more
}

// Attendance is the answer of Attend.
type Attendance struct {
	Known bool `json:"known"` // false: the lease has ended, and nobody counts as connected to this gateway any more
}

// Lease is how long the people of a gateway count as there after its last call of Attend. Gateways call again long before.
const Lease = 30 * time.Second
