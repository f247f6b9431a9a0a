package orderimpl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/text"
)

func (b *bed) files() int {
	b.t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(b.Config.Data, "files", "order"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Row O5.
func TestRequirementsAreAnsweredByTheirText(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.pay(b.place("logo"))
		answers := append(b.answers(), order.Answer{Question: "Do you have a sketch?", Files: []order.Upload{{Name: `C:\sketches\my sketch.png`, Content: []byte("\x89PNG\r\n\x1a\n")}}})
		got := must(b.orders.SubmitRequirements(b.buyer, order.SubmitRequirementsRequest{OrderID: o.ID, Answers: answers}))(t)
		b.is(got, order.StatusInProgress)
		if want := got.StartedAt.Add(3 * 24 * time.Hour); !got.DueAt.Equal(want) {
			t.Errorf("due at %s, want %s", got.DueAt, want)
		}
		if got.Requirements[0].Answer != "Ananas" || got.Requirements[1].Answer != "red" {
			t.Errorf("the answers are %+v", got.Requirements)
		}
		ref := got.Requirements[2].Files[0]
		if ref.Name != "my sketch.png" || ref.ContentType != "image/png" || ref.Size != 8 {
			t.Errorf("the file is %+v", ref)
		}
		seen := must(b.orders.File(b.seller, order.FileRequest{OrderID: o.ID, FileID: ref.ID}))(t)
		if sum := sha256.Sum256(seen.Content); hex.EncodeToString(sum[:]) != ref.SHA256 {
			t.Error("the hash is not that of the content")
		}
		if n := len(apptest.Emitted[order.Started](t, b.Harness)); n != 1 {
			t.Errorf("%d events say that it started", n)
		}
	})
}

func TestRequirementsThatDoNotFitAreRefusedByName(t *testing.T) {
	b := onSQLite(t)
	o := b.pay(b.place("logo"))
	upload := []order.Upload{{Name: "a", Content: []byte("a")}}
	for name, c := range map[string]struct {
		answers []order.Answer
		fields  string
	}{
		"nothing":            {nil, "answers"},
		"one is missing":     {b.answers()[:1], "answers"},
		"blank":              {[]order.Answer{{Question: "What is the name?", Answer: " \n"}, b.answers()[1]}, "answers"},
		"unknown question":   {append(b.answers(), order.Answer{Question: "Why?", Answer: "x"}), "answers.2.question"},
		"answered twice":     {append(b.answers(), b.answers()[0]), "answers.2.question"},
		"not a choice":       {[]order.Answer{b.answers()[0], {Question: "Which colour?", Answer: "green"}}, "answers.1.answer"},
		"too long":           {[]order.Answer{{Question: "What is the name?", Answer: strings.Repeat("ä", 5001)}, b.answers()[1]}, "answers.0.answer"},
		"files for a choice": {[]order.Answer{b.answers()[0], {Question: "Which colour?", Answer: "red", Files: upload}}, "answers.1.files"},
		"several at once":    {[]order.Answer{{Question: "Why?"}, {Question: "Which colour?", Answer: "green"}}, "answers.0.question answers.1.answer answers"},
	} {
		_, err := b.orders.SubmitRequirements(b.buyer, order.SubmitRequirementsRequest{OrderID: o.ID, Answers: c.answers})
		var fields []string
		for _, f := range refused(t, err, fault.Invalid).Fields {
			fields = append(fields, f.Name)
		}
		if got := strings.Join(fields, " "); got != c.fields {
			t.Errorf("%s: the wrong fields are %q, want %q", name, got, c.fields)
		}
	}
	b.is(b.get(o), order.StatusAwaitingRequirements)
	if b.files() != 0 || b.count("files") != 0 {
		t.Error("a file was stored")
	}
}

func TestTheSellerMaySkipTheRequirements(t *testing.T) {
	b := onSQLite(t)
	o := b.pay(b.place("logo"))
	_, err := b.orders.SkipRequirements(b.buyer, order.SkipRequirementsRequest{OrderID: o.ID})
	refused(t, err, fault.Conflict)
	got := must(b.orders.SkipRequirements(b.seller, order.SkipRequirementsRequest{OrderID: o.ID}))(t)
	b.is(got, order.StatusInProgress)
}

// Row O12.
func TestEveryDeliveryIsKept(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	upload := func(names ...string) (u []order.Upload) {
		for _, n := range names {
			u = append(u, order.Upload{Name: n, Content: []byte("content of " + n)})
		}
		return u
	}
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: upload("b.txt", "a.txt")}))(t)
	must(b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "Again, please."}))(t)
	got := must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "Again.", Files: upload("c.txt")}))(t)
	if len(got.Deliveries) != 2 || got.Deliveries[0].Number != 1 || got.Deliveries[1].Number != 2 || got.Deliveries[0].Revision != "Again, please." {
		t.Fatalf("the deliveries are %+v", got.Deliveries)
	}
	if f := got.Deliveries[0].Files; len(f) != 2 || f[0].Name != "b.txt" || f[1].Name != "a.txt" {
		t.Errorf("the files are %+v", f)
	}
	events := apptest.Emitted[order.Delivered](t, b.Harness)
	if len(events) != 2 || events[1].Delivery != 2 || events[1].Message != "Again." || !events[1].CompletesAt.Equal(got.DeliveredAt.Add(3*24*time.Hour)) {
		t.Errorf("the events are %+v", events)
	}
}

func TestFilesAreLimitedAndTheirNamesAreOnlyNames(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd": "passwd", `..\..\boot.ini`: "boot.ini", "": "file", "..": "file", "/": "file", "a\x00b\n.txt": "ab.txt",
		"gpj\u202eexe.pdf": "gpjexe.pdf", "\xff\xfe.txt": "txt", "  .hidden ": "hidden", strings.Repeat("ä", 200) + ".jpeg": strings.Repeat("ä", 72) + ".jpeg",
	} {
		if got := text.FileName(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
	b := onSQLite(t)
	o := b.working()
	eleven := make([]order.Upload, 11)
	for i := range eleven {
		eleven[i] = order.Upload{Name: "a", Content: []byte("a")}
	}
	for _, files := range [][]order.Upload{eleven, {{Name: "big", Content: make([]byte, 25<<20+1)}}, {{Name: "empty"}}} {
		_, err := b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: files})
		refused(t, err, fault.Invalid)
	}
	_, err := b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: " "})
	refused(t, err, fault.Invalid)
	_, err = b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: strings.Repeat("x", 5001)})
	refused(t, err, fault.Invalid)
	if b.files() != 0 || b.count("deliveries") != 0 {
		t.Error("something was stored")
	}
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: eleven[:10]}))(t)
	if b.files() != 10 {
		t.Errorf("%d files are stored", b.files())
	}
}

func TestARefusedCommandLeavesNoFiles(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	before := b.files()
	_, err := b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "Once more.", Files: []order.Upload{{Name: "a", Content: []byte("a")}}})
	if f := refused(t, err, fault.Conflict); slices.Contains(f.Allowed, "deliveries") {
		t.Errorf("the seller may %v", f.Allowed)
	}
	if b.files() != before {
		t.Error("the file is still there")
	}
}

func TestAnOrderAndItsFilesAreForItsPartiesOnly(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: []order.Upload{{Name: "a", Content: []byte("a")}}}))(t)
	file := o.Deliveries[0].Files[0].ID
	calls := map[string]func(ctx context.Context) error{
		"get": func(ctx context.Context) error { _, err := b.orders.Get(ctx, order.GetRequest{ID: o.ID}); return err },
		"accept": func(ctx context.Context) error {
			_, err := b.orders.Accept(ctx, order.AcceptRequest{OrderID: o.ID})
			return err
		},
		"cancel": func(ctx context.Context) error {
			_, err := b.orders.Cancel(ctx, order.CancelRequest{OrderID: o.ID})
			return err
		},
		"skip": func(ctx context.Context) error {
			_, err := b.orders.SkipRequirements(ctx, order.SkipRequirementsRequest{OrderID: o.ID})
			return err
		},
		"submit": func(ctx context.Context) error {
			_, err := b.orders.SubmitRequirements(ctx, order.SubmitRequirementsRequest{OrderID: o.ID})
			return err
		},
		"deliver": func(ctx context.Context) error {
			_, err := b.orders.Deliver(ctx, order.DeliverRequest{OrderID: o.ID, Message: "x", Files: []order.Upload{{Name: "a", Content: []byte("a")}}})
			return err
		},
		"revise": func(ctx context.Context) error {
			_, err := b.orders.RequestRevision(ctx, order.RequestRevisionRequest{OrderID: o.ID, Message: "x"})
			return err
		},
		"file": func(ctx context.Context) error {
			_, err := b.orders.File(ctx, order.FileRequest{OrderID: o.ID, FileID: file})
			return err
		},
	}
	for name, call := range calls {
		if err := call(b.another); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s by somebody else: %v", name, err)
		}
		if err := call(apptest.Visitor()); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
	// A file of another order is not reached through one's own.
	mine := must(b.orders.Place(b.another, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic"}))(t).Order
	_, err := b.orders.File(b.another, order.FileRequest{OrderID: mine.ID, FileID: file})
	refused(t, err, fault.NotFound)
	if list := must(b.orders.List(b.another, order.ListRequest{}))(t); len(list.Items) != 1 {
		t.Errorf("somebody else sees %d orders", len(list.Items))
	}
}

// Row O13.
func TestRevisionsEndAtThePackagesLimit(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	got := must(b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "Once."}))(t)
	if want := b.Clock.Now().Add(48 * time.Hour); got.RevisionUsed != 1 || got.DueAt.Sub(want).Abs() > time.Minute {
		t.Errorf("used %d, due %s", got.RevisionUsed, got.DueAt)
	}
	b.pass(4 * 24 * time.Hour)
	b.is(b.get(o), order.StatusInRevision) // it does not complete by itself meanwhile
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
	_, err := b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "Twice."})
	if f := refused(t, err, fault.Conflict); slices.Contains(f.Allowed, "revisions") || !slices.Contains(f.Allowed, "accept") {
		t.Errorf("allowed is %v", f.Allowed)
	}
	_, err = b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: " "})
	refused(t, err, fault.Invalid)
}

func TestUnlimitedRevisionsNeverEnd(t *testing.T) {
	b := onSQLite(t)
	placed := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "premium"}))(t).Order
	o := b.pay(placed)
	for range 30 {
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		o = must(b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "x"}))(t)
	}
	if o.RevisionUsed != 30 || o.DueAt.Sub(b.Clock.Now()) < 4*24*time.Hour {
		t.Errorf("used %d, due %s", o.RevisionUsed, o.DueAt)
	}
}

// Row O17.
func TestCancellingReturnsTheMoneyInTheSameOperation(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.pay(b.place("logo"))
		got := must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID, Reason: "Not needed."}))(t)
		b.is(got, order.StatusCancelled)
		if got.Payment.Status != "refunding" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		b.sound()
		b.tasks()
		if got = b.get(o); got.Payment.Status != "refunded" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		if r := b.sound(); r.Journals != 3 {
			t.Errorf("%d journals, want 1, 9 and 9b", r.Journals)
		}
		e := apptest.Emitted[order.Cancelled](t, b.Harness)
		if len(e) != 1 || e[0].By != "buyer" || e[0].Reason != "Not needed." || e[0].Refunded != money.Of(10550, "USD") {
			t.Errorf("the events are %+v", e)
		}
	})
}

func TestAnUnpaidOrderIsCancelledWithoutMoney(t *testing.T) {
	b := onSQLite(t)
	o := b.place("logo")
	got := must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t)
	b.is(got, order.StatusCancelled)
	if got.Payment.Status != "expired" || b.count("journals") != 0 {
		t.Errorf("the payment is %s, %d journals", got.Payment.Status, b.count("journals"))
	}
	if e := apptest.Emitted[order.Cancelled](t, b.Harness); e[0].Refunded != money.Of(0, "USD") {
		t.Errorf("%s are said to be refunded", e[0].Refunded)
	}
}

func TestAnOrderInWorkIsCancelledByItsBuyerOnlyWhenItIsVeryLate(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	_, err := b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID})
	refused(t, err, fault.Conflict)
	b.pass(3*24*time.Hour + 24*time.Hour + time.Second)
	_, err = b.orders.Cancel(b.seller, order.CancelRequest{OrderID: o.ID})
	refused(t, err, fault.Conflict)
	b.is(must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t), order.StatusCancelled)
	b.tasks()
	b.sound()
}

func TestOfAHundredAcceptsOneWins(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.delivered()
		var mu sync.Mutex
		var wait sync.WaitGroup
		won := 0
		for range 100 {
			wait.Go(func() {
				_, err := b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := len(apptest.Emitted[order.Completed](t, b.Harness)); won != 1 || n != 1 || b.count("journals") != 2 || b.count("earnings") != 1 {
			t.Errorf("%d have won, %d events, %d journals", won, n, b.count("journals"))
		}
		b.sound()
	})
}

// Row P15, for the other commands.
func TestACommandWithAKeyIsAnsweredAgainWithItsFirstAnswer(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.delivered()
		q := order.AcceptRequest{RequestID: "accept it once", OrderID: o.ID}
		answers, replays := make([]order.Order, 20), 0
		var wait sync.WaitGroup
		for i := range answers {
			wait.Go(func() { answers[i] = must(b.orders.Accept(b.buyer, q))(t) })
		}
		wait.Wait()
		for _, a := range answers {
			if a.Version != answers[0].Version || a.Status != order.StatusCompleted {
				t.Fatalf("another answer: %+v", a)
			}
			if a.Replayed {
				replays++
			}
		}
		if replays != len(answers)-1 {
			t.Errorf("%d of %d say that they were given before", replays, len(answers))
		}
		other := b.delivered()
		_, err := b.orders.Accept(b.buyer, order.AcceptRequest{RequestID: "accept it once", OrderID: other.ID})
		refused(t, err, fault.Invalid)
		b.is(b.get(other), order.StatusDelivered)
	})
}

func TestABigFileComesBackAsItWas(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	content := bytes.Repeat([]byte("0123456789abcdef"), 25<<16)
	o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: []order.Upload{{Name: "big.bin", Content: content}}}))(t)
	got := must(b.orders.File(b.buyer, order.FileRequest{OrderID: o.ID, FileID: o.Deliveries[0].Files[0].ID}))(t)
	if !bytes.Equal(got.Content, content) {
		t.Error("the content has changed")
	}
}
