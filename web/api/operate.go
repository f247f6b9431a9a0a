package api

import (
	"context"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/bus"
	"marketplace/platform/operate"
	"marketplace/platform/telemetry"
	"marketplace/web/edge"
)

// operation is what operators see of how the marketplace runs, and do about it (rows S11, S12, Z18, Z23).
func (a *API) operation() {
	on(a, op{method: "GET", path: "/operator/alerts", id: "listAlerts", access: edge.Operator, summary: "The conditions that hold now, or those that are over"}, a.listAlerts)
	on(a, op{method: "GET", path: "/operator/processes", id: "listProcesses", access: edge.Operator, summary: "How every process is, and what it depends on"}, a.listProcesses)
	on(a, op{method: "GET", path: "/operator/log", id: "listLines", access: edge.Operator, summary: "The last errors or slow requests of all processes, newest first"}, a.listLines)
	on(a, op{method: "GET", path: "/operator/events", id: "listEvents", access: edge.Operator, summary: "The events of the last days, newest first"}, a.listEvents)
	on(a, op{method: "GET", path: "/operator/dead-letters", id: "listDeadLetters", access: edge.Operator, summary: "The events that a module could not handle, newest first"}, a.listDeadLetters)
	on(a, op{method: "GET", path: "/operator/discarded-letters", id: "listDiscardedLetters", access: edge.Operator, summary: "The dead letters that were given up, newest first"}, a.listDiscarded)
	on(a, op{method: "POST", path: "/operator/dead-letters/{module}/{number}/retry", id: "retryDeadLetter", access: edge.Operator, status: 204, summary: "Deliver a dead letter again"}, a.retryLetter)
	on(a, op{method: "POST", path: "/operator/dead-letters/{module}/{number}/discard", id: "discardDeadLetter", access: edge.Operator, status: 204, summary: "Give a dead letter up"}, a.discardLetter)
	on(a, op{method: "GET", path: "/operator/mails", id: "listMailLog", access: edge.Operator, summary: "Which mails have left and which have not, without what they say"}, a.listMailLog)
	on(a, op{method: "POST", path: "/operator/mails/{id}/retry", id: "retryMail", access: edge.Operator, summary: "Send a mail again that could not be sent"}, a.retryMail)
	on(a, op{method: "GET", path: "/operator/timers", id: "listTimers", access: edge.Operator, summary: "The steps that orders will take by themselves, the next first"}, a.listTimers)
}

type alertsInput struct {
	Paged
	Over bool `query:"over" doc:"Those that are over, instead of those that hold."`
}

func (a *API) listAlerts(ctx context.Context, in *alertsInput) (*body[List[notification.Alert]], error) {
	list, err := a.Notifications.ListAlerts(ctx, notification.ListAlertsRequest{Over: in.Over, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}

// Task is a background task of a process.
type Task struct {
	Module          string    `json:"module" doc:"Empty: of the process itself."`
	Name            string    `json:"name"`
	IntervalSeconds float64   `json:"interval_seconds"`
	LastRun         time.Time `json:"last_run"`
	TookSeconds     float64   `json:"took_seconds"`
	Error           string    `json:"error" doc:"Empty: it did not fail."`
}

// Queue is what waits between two modules.
type Queue struct {
	Publisher     string  `json:"publisher"`
	Subscriber    string  `json:"subscriber"`
	Pending       int     `json:"pending"`
	Dead          int     `json:"dead"`
	OldestSeconds float64 `json:"oldest_seconds"`
}

// ProcessState is how one process is.
type ProcessState struct {
	Name         string               `json:"name"`
	Version      string               `json:"version"`
	Modules      []string             `json:"modules" nullable:"false"`
	StartedAt    time.Time            `json:"started_at"`
	Problems     []string             `json:"problems" nullable:"false" doc:"Why it takes no requests; empty: it is ready."`
	Dependencies []operate.Dependency `json:"dependencies" nullable:"false"`
	Tasks        []Task               `json:"tasks" nullable:"false"`
	Waiting      []Queue              `json:"waiting" nullable:"false"`
	Conditions   []operate.Condition  `json:"conditions" nullable:"false" doc:"Alert rules beyond their limit here, firing or not yet."`
	MemoryBytes  int64                `json:"memory_bytes"`
	Goroutines   int                  `json:"goroutines"`
}

// fleetState is how all processes are.
type fleetState struct {
	Items []ProcessState `json:"items" nullable:"false"`
	Away  []operate.Away `json:"away" nullable:"false" doc:"Who did not answer."`
}

func (a *API) listProcesses(ctx context.Context, _ *struct{}) (*body[fleetState], error) {
	all, away, err := a.Fleet.Processes(ctx)
	if err != nil {
		return nil, err
	}
	f := fleetState{Items: []ProcessState{}, Away: append([]operate.Away{}, away...)}
	for _, p := range all {
		f.Items = append(f.Items, processState(p))
	}
	return answer(f, nil)
}

func processState(p operate.Process) ProcessState {
	s := ProcessState{Name: p.Name, Version: p.Version, Modules: p.Modules, StartedAt: p.StartedAt, Problems: p.Problems, Dependencies: p.Dependencies,
		Conditions: p.Conditions, MemoryBytes: p.MemoryBytes, Goroutines: p.Goroutines, Tasks: []Task{}, Waiting: []Queue{}}
	for _, t := range p.Tasks {
		s.Tasks = append(s.Tasks, Task{t.Module, t.Name, t.Interval.Seconds(), t.LastRun, t.Took.Seconds(), t.Error})
	}
	for _, l := range p.Waiting {
		s.Waiting = append(s.Waiting, Queue{l.Publisher, l.Subscriber, l.Pending, l.Dead, l.Oldest.Seconds()})
	}
	return s
}

// Partial is a list of what several processes know.
type Partial[T any] struct {
	Items      []T      `json:"items" nullable:"false"`
	NextCursor string   `json:"next_cursor" doc:"For the next page; empty on the last."`
	Missing    []string `json:"missing" nullable:"false" doc:"Addresses of processes that did not answer, so what they know is not here."`
}

type linesInput struct {
	Paged
	Kind string `query:"kind" enum:"errors,slow" default:"errors"`
}

// LogLine is one line of the log.
type LogLine struct {
	telemetry.Line

	Duration float64 `json:"duration_seconds"`
}

func (a *API) listLines(ctx context.Context, in *linesInput) (*body[Partial[LogLine]], error) {
	page, next, err := a.Fleet.Lines(ctx, operate.LinesRequest{Kind: in.Kind, Limit: in.Limit, After: in.Cursor})
	lines := []LogLine{}
	for _, l := range page.Items {
		lines = append(lines, LogLine{l, l.Duration.Seconds()})
	}
	return answer(Partial[LogLine]{lines, next, page.Missing}, err)
}

type eventsInput struct {
	Paged
	Topic     string `query:"topic" maxLength:"100" doc:"A topic, or the module before the dot."`
	Aggregate string `query:"aggregate" maxLength:"100" doc:"What the events are about, such as the id of an order."`
}

func (a *API) listEvents(ctx context.Context, in *eventsInput) (*body[Partial[bus.Record]], error) {
	page, next, err := a.Fleet.Events(ctx, bus.Wanted{Topic: in.Topic, Aggregate: in.Aggregate, Limit: in.Limit, After: in.Cursor})
	return answer(Partial[bus.Record]{page.Items, next, page.Missing}, err)
}

func (a *API) listDeadLetters(ctx context.Context, in *Paged) (*body[Partial[bus.DeadLetter]], error) {
	page, next, err := a.Fleet.DeadLetters(ctx, bus.Wanted{Limit: in.Limit, After: in.Cursor})
	return answer(Partial[bus.DeadLetter]{page.Items, next, page.Missing}, err)
}

func (a *API) listDiscarded(ctx context.Context, in *Paged) (*body[Partial[bus.Discarded]], error) {
	page, next, err := a.Fleet.Discarded(ctx, bus.Wanted{Limit: in.Limit, After: in.Cursor})
	return answer(Partial[bus.Discarded]{page.Items, next, page.Missing}, err)
}

// Letter names a dead letter.
type Letter struct {
	Module string `path:"module" maxLength:"40" doc:"Of the id of the dead letter, before the slash."`
	Number string `path:"number" maxLength:"20" doc:"Of the id of the dead letter, behind the slash."`
}

func (in Letter) id() string { return in.Module + "/" + in.Number }

func (a *API) retryLetter(ctx context.Context, in *Letter) (*struct{}, error) {
	return nil, a.Fleet.Retry(ctx, operate.RetryRequest{ID: in.id()})
}

type discardInput struct {
	Letter
	Body struct {
		Reason string `json:"reason" doc:"Why its effect is not wanted any more: 1 to 500 characters."`
	}
}

func (a *API) discardLetter(ctx context.Context, in *discardInput) (*struct{}, error) {
	return nil, a.Fleet.Discard(ctx, operate.DiscardRequest{ID: in.id(), Reason: in.Body.Reason})
}

type mailLogInput struct {
	Paged
	Status  string `query:"status" enum:"queued,sent,dead"`
	To      string `query:"to" maxLength:"254" doc:"Only to this address."`
	OrderID string `query:"order_id" maxLength:"64" doc:"Only about this order."`
}

func (a *API) listMailLog(ctx context.Context, in *mailLogInput) (*body[List[notification.MailRecord]], error) {
	list, err := a.Notifications.MailLog(ctx, notification.MailLogRequest{Status: in.Status, To: in.To, OrderID: in.OrderID, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}

func (a *API) retryMail(ctx context.Context, in *ByID) (*body[notification.MailRecord], error) {
	return answer(a.Notifications.RetryMail(ctx, notification.RetryMailRequest{ID: in.ID}))
}

func (a *API) listTimers(ctx context.Context, in *Paged) (*body[List[order.Timer]], error) {
	list, err := a.Orders.ListTimers(ctx, order.ListTimersRequest{Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}
