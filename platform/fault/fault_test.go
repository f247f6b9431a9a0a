package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"marketplace/platform/fault"
)

func TestAnErrorThatIsNoFaultTellsNothing(t *testing.T) {
	f := fault.Of(errors.New("pq: password authentication failed for user \"market\""))
	if f.Code != fault.Internal || f.Code.Status() != 500 || f.Message != "Something went wrong on our side." {
		t.Errorf("it tells %+v", f)
	}
	if fault.Of(nil) != nil {
		t.Error("nil is not nil")
	}
}

func TestTheEndOfTheTimeIsNoMistakeOfOurs(t *testing.T) {
	for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
		f := fault.Of(fmt.Errorf("list the orders: %w", end))
		if f.Code != fault.Unavailable || f.RetryAfter == 0 || f.Code.Status() != 503 {
			t.Errorf("%v tells %+v", end, f)
		}
	}
}

func TestAFaultIsFoundUnderWhatWasBeingTried(t *testing.T) {
	err := fmt.Errorf("place an order: %w", fault.Wrong("quantity", "Use 1 to %d.", 20))
	if f := fault.Of(err); f.Code != fault.Invalid || f.Fields[0] != (fault.Field{Name: "quantity", Message: "Use 1 to 20."}) {
		t.Errorf("it became %+v", f)
	}
	if !fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		t.Error("its code is lost")
	}
}

func TestACheckTellsAllFieldsAndTheFirstMessageOfEach(t *testing.T) {
	var c fault.Check
	c.That(true, "title", "never")
	c.That(false, "title", "first")
	c.That(false, "title", "second")
	c.That(false, "price", "third")
	f := fault.Of(c.Err())
	if len(f.Fields) != 2 || f.Fields[0].Message != "first" || f.Fields[1].Name != "price" {
		t.Errorf("it tells %+v", f.Fields)
	}
	var fine fault.Check
	if err := fine.Err(); err != nil {
		t.Errorf("nothing is wrong, and it says %v", err)
	}
}
