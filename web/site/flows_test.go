package site_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// goes says where a form led, and what it called.
func goes(t *testing.T, w *world, path string, form map[string]string, wantPath string, wantCalls ...string) *httptest.ResponseRecorder {
	t.Helper()
	w.calls = nil
	got := send(w.member(t), path, form)
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != wantPath {
		t.Errorf("POST %s answered %d %s, want %s", path, got.Code, got.Header().Get("Location"), wantPath)
	}
	if !slices.Equal(w.calls, wantCalls) {
		t.Errorf("POST %s called %q, want %q", path, w.calls, wantCalls)
	}
	return got
}

func TestEveryFormDoesItsOneThingAndLeadsToAPage(t *testing.T) {
	w := newWorld()
	goes(t, w, "/verify-email/resend", nil, "/verify-email", "ResendVerification")
	goes(t, w, "/logout", nil, "/", "LogOut")
	goes(t, w, "/settings", map[string]string{"display_name": "Ana"}, "/settings", "Update")
	goes(t, w, "/settings/security/password", map[string]string{"current": "a", "new": "b"}, "/settings/security", "ChangePassword")
	goes(t, w, "/settings/security/sessions/s2/end", nil, "/settings/security", "LogOut")
	goes(t, w, "/settings/seller", map[string]string{"headline": "Hello"}, "/settings/seller", "SetSeller")
	goes(t, w, "/gigs/draft/publish", nil, "/seller/gigs", "Publish")
	goes(t, w, "/gigs/draft/pause", nil, "/seller/gigs", "Pause")
	goes(t, w, "/gigs/draft/delete", nil, "/seller/gigs", "Delete")
	goes(t, w, "/gigs/draft/edit", map[string]string{"title": "x"}, "/gigs/"+mineID+"/edit", "Update")
	goes(t, w, "/gigs/draft/edit", map[string]string{"title": "x", "then": "publish"}, "/gigs/i-will-draw-a-calm-logo-"+mineID, "Update", "Publish")
	goes(t, w, "/gigs/draft/pictures/p1/remove", nil, "/gigs/draft/edit#pictures", "RemovePicture")
	goes(t, w, "/orders/o1/skip-requirements", nil, "/orders/o1", "SkipRequirements")
	goes(t, w, "/orders/o1/deliveries", map[string]string{"message": "x"}, "/orders/o1", "Deliver 0")
	goes(t, w, "/orders/o1/revisions", map[string]string{"message": "x"}, "/orders/o1", "RequestRevision")
	goes(t, w, "/orders/o1/accept", nil, "/orders/o1#review", "Accept")
	goes(t, w, "/orders/o1/cancel", nil, "/orders/o1", "Cancel")
	goes(t, w, "/orders/o1/reviews", map[string]string{"rating": "5"}, "/orders/o1#review", "Write")
	goes(t, w, "/orders/o1/changes", map[string]string{"change_kind": "extension", "change_days": "3", "change_reason": "x"}, "/orders/o1", "Ask extension 3 0")
	goes(t, w, "/orders/o1/changes", map[string]string{"change_kind": "price", "change_amount": "12.50", "change_reason": "x"}, "/orders/o1", "Ask price 0 1250")
	goes(t, w, "/orders/o1/changes/accept", map[string]string{"answer_note": "fine"}, "/orders/o1", "Agree fine")
	goes(t, w, "/orders/o1/changes/decline", nil, "/orders/o1", "Decline")
	goes(t, w, "/orders/o1/changes/withdraw", nil, "/orders/o1", "Withdraw")
	goes(t, w, "/orders/o1/extend-review", nil, "/orders/o1", "ExtendReview")
	goes(t, w, "/orders/o1/refunds", map[string]string{"refund_amount": "10", "refund_reason": "x"}, "/orders/o1", "RefundPart 1000")
	goes(t, w, "/orders/o1/disputes", map[string]string{"dispute_reason": "quality", "dispute_text": "x"}, "/orders/o1", "OpenDispute quality")
	goes(t, w, "/orders/o1/disputes/statements", map[string]string{"state_text": "x"}, "/orders/o1", "State")
	goes(t, w, "/orders/o1/disputes/withdraw", nil, "/orders/o1", "WithdrawDispute")
	goes(t, w, "/orders/o1/disputes/resolve", map[string]string{"resolve_refund": "40", "resolve_reason": "x"}, "/orders/o1", "Resolve 4000")
	goes(t, w, "/orders/o1/staff-cancel", map[string]string{"staff_reason": "x"}, "/orders/o1", "StaffCancel")
	goes(t, w, "/orders/o1/staff-refund", map[string]string{"staff_amount": "10", "staff_reason": "x"}, "/orders/o1", "StaffRefund 1000")
	goes(t, w, "/orders/o1/tips", map[string]string{"tip_amount": "5.50"}, "/orders/o1", "Tip 550")
	goes(t, w, "/orders/o1/changes", map[string]string{"change_kind": "raise", "change_amount": "12.50", "change_days": "2", "change_reason": "x"}, "/orders/o1", "Ask raise 2 1250")
	goes(t, w, "/inbox", map[string]string{"gig_id": gigA}, "/inbox/c1", "Open")
	goes(t, w, "/inbox/c1/read", map[string]string{"seq": "4"}, "/inbox/c1#end", "MarkRead 4")
	goes(t, w, "/notifications/read", map[string]string{"id": "n1", "next": "/orders/o1"}, "/orders/o1", "MarkRead [n1] false")
	goes(t, w, "/notifications/read", map[string]string{"id": "n1", "next": "//evil"}, "/notifications", "MarkRead [n1] false")
}

// Row A1: a new seller goes on to the first gig.
func TestBecomingASellerLeadsToTheFirstGig(t *testing.T) {
	w := newWorld()
	w.seller = false
	goes(t, w, "/settings/seller", map[string]string{"headline": "Hello"}, "/gigs/new", "SetSeller")
	page := visit(w.member(t), "/gigs/new")
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/settings/seller" {
		t.Errorf("writing a gig without being a seller answered %d %s", page.Code, page.Header().Get("Location"))
	}
}

func TestANewDraftIsSavedAndGetsItsPictures(t *testing.T) {
	w := newWorld()
	goes(t, w, "/gigs/new", map[string]string{"title": "I will draw"}, "/gigs/"+mineID+"/edit#pictures", "Create")
	w.calls = nil
	if page := upload(t, w.member(t), "/gigs/draft/pictures", nil, map[string]int{"picture": 5, "picture#": 6}); page.Code != http.StatusSeeOther || len(w.calls) != 2 {
		t.Errorf("two pictures answered %d and called %q", page.Code, w.calls)
	}
}

func TestAGigThatIsNotReadyGoesBackToItsForm(t *testing.T) {
	w := newWorld()
	w.fail = fault.Fields(fault.Field{Name: "description", Message: "Write at least ten characters."})
	got := goes(t, w, "/gigs/draft/publish", nil, "/gigs/draft/edit", "Publish")
	if len(got.Result().Cookies()) != 1 {
		t.Error("it does not say why")
	}
}

// Row A10: what belongs to somebody else is not there, whatever one may do with one's own.
func TestWhatBelongsToOthersIsNotThere(t *testing.T) {
	w := newWorld()
	h := w.member(t)
	for _, path := range []string{"/gigs/" + gigA + "/edit", "/gigs/" + gigA + "/delete", "/gigs/unknown", "/orders/o2", "/inbox/c9", "/inbox/c9/messages?after=0",
		"/orders/o2/files/f1", "/simulator/pay/pay9", "/users/nobody", "/dev/mail/none", "/categories/no-such-shelf"} {
		if page := visit(h, path); page.Code != http.StatusNotFound {
			t.Errorf("GET %s answered %d", path, page.Code)
		}
	}
	if page := send(h, "/gigs/"+gigA+"/edit", map[string]string{"title": "Mine now"}); page.Code != http.StatusNotFound || len(w.calls) != 0 {
		t.Errorf("editing another's gig answered %d and called %q", page.Code, w.calls)
	}
}

// What a module refuses for another reason than the form is an answer of its own, never a 500.
func TestRefusalsKeepTheirStatus(t *testing.T) {
	tests := map[*fault.Error]int{
		fault.NotFoundf("x"): 404, fault.Forbiddenf("x"): 403, fault.TooManyf(5, "x"): 429, fault.Unavailablef(5, "x"): 503,
	}
	forms := []string{"/settings", "/settings/seller", "/gigs/new", "/gigs/draft/edit", "/gigs/draft/publish", "/gigs/draft/pause", "/gigs/draft/delete",
		"/orders/o1/accept", "/orders/o1/cancel", "/orders/o1/deliveries", "/orders/o1/revisions", "/orders/o1/requirements", "/orders/o1/reviews",
		"/orders/o1/skip-requirements", "/gigs/" + gigA + "/order", "/inbox", "/notifications/read", "/settings/security/sessions/s2/end"}
	w := newWorld()
	for err, status := range tests {
		for _, path := range forms {
			w.fail = err
			if page := send(w.member(t), path, map[string]string{"quantity": "1"}); page.Code != status {
				t.Errorf("%s after %q answered %d, want %d", path, err.Code, page.Code, status)
			}
		}
	}
}

func TestLoggingOutForgetsASessionThatIsOverAlready(t *testing.T) {
	w := newWorld()
	w.fail = fault.Unauthenticatedf("Please log in first.")
	cookies := goes(t, w, "/logout", nil, "/", "LogOut").Result().Cookies()
	if !slices.ContainsFunc(cookies, func(k *http.Cookie) bool { return k.Name == "session" && k.MaxAge < 0 }) {
		t.Errorf("the cookies are %v", cookies)
	}
}

// Row A5: the answer is the same whether the account exists or not; the module knows, the page does not ask.
func TestAForgottenPasswordGetsItsMail(t *testing.T) {
	w := newWorld()
	page := send(open(t, w, identity.Actor{}), "/forgot-password", map[string]string{"login": "ana"})
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "If there is such an account") || !slices.Equal(w.calls, []string{"RequestReset"}) {
		t.Errorf("answered %d and called %q", page.Code, w.calls)
	}
	w.calls = nil
	reset := send(open(t, w, identity.Actor{}), "/reset-password", map[string]string{"token": "abc", "password": "a new password"})
	if reset.Code != http.StatusSeeOther || reset.Header().Get("Location") != "/login" || !slices.Equal(w.calls, []string{"ResetPassword"}) {
		t.Errorf("answered %d and called %q", reset.Code, w.calls)
	}
	w.fail = fault.Wrong("password", "Use at least 8 characters.")
	if page := send(open(t, w, identity.Actor{}), "/reset-password", map[string]string{"token": "abc", "password": "x"}); page.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(page.Body.String(), `name="token" value="abc"`) {
		t.Errorf("a short password answered %d, or lost the link", page.Code)
	}
	w.fail = fault.Wrong("token", "This link is over.")
	if page := send(open(t, w, identity.Actor{}), "/reset-password", map[string]string{"token": "abc", "password": "a new password"}); page.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(page.Body.String(), "This link is over.") || !strings.Contains(page.Body.String(), `action="/forgot-password"`) {
		t.Errorf("an old link answered %d, or offers no new one", page.Code)
	}
}

// Row O5: each answer goes with its question; what was left empty is not an answer.
func TestAnswersGoWithTheirQuestions(t *testing.T) {
	w := newWorld()
	w.state = order.StatusAwaitingRequirements
	page := upload(t, w.member(t), "/orders/o1/requirements", map[string]string{"answers.0": "A bakery", "answers.1": ""}, map[string]int{"files.2": 9})
	if page.Code != http.StatusSeeOther || !slices.Equal(w.calls, []string{"SubmitRequirements 2"}) {
		t.Errorf("answered %d and called %q", page.Code, w.calls)
	}
	w.calls, w.fail = nil, fault.Fields(fault.Field{Name: "answers.1.files", Message: "This file is empty."})
	page = upload(t, w.member(t), "/orders/o1/requirements", map[string]string{"answers.0": "A bakery"}, map[string]int{"files.2": 9})
	document := parsed(t, page)
	if page.Code != http.StatusUnprocessableEntity || !described(document, named(document, "files.2"), "This file is empty.") {
		t.Errorf("answered %d without the message beside its file", page.Code)
	}
}

// Row P2: the word of the provider comes by itself; the page waits for it without scripts.
func TestAPaidOrderRenewsItselfUntilTheMoneyIsThere(t *testing.T) {
	w := newWorld()
	w.state = order.StatusPendingPayment
	h := w.member(t)
	if page := visit(h, "/orders/o1?payment=succeeded"); page.Header().Get("Refresh") != "2" || !strings.Contains(page.Body.String(), "confirming your payment") {
		t.Error("it does not wait")
	}
	if page := visit(h, "/orders/o1"); page.Header().Get("Refresh") != "" {
		t.Error("it waits without a payment")
	}
	w.state = order.StatusInProgress
	if page := visit(h, "/orders/o1?payment=succeeded"); page.Header().Get("Refresh") != "" {
		t.Error("it waits for what has come")
	}
}

// Row O1: a gig cannot be ordered by its seller; the page says so instead of letting them try.
func TestNobodyIsLetToOrderTheirOwnGig(t *testing.T) {
	page := visit(open(t, newWorld(), ana()), "/gigs/draft/order?package=basic")
	if page.Code != http.StatusOK || strings.Contains(page.Body.String(), "Continue to payment") || !strings.Contains(page.Body.String(), "your own gig") {
		t.Errorf("answered %d with a way to order", page.Code)
	}
}

// Row O17: an order that came to nothing promises nobody money, and is not due.
func TestAnOrderThatCameToNothingEarnsNothing(t *testing.T) {
	for _, state := range []order.Status{order.StatusCancelled, order.StatusExpired, order.StatusCompleted} {
		w := newWorld()
		w.role, w.state = "seller", state
		page := words(parsed(t, visit(w.member(t), "/orders/o1")))
		if strings.Contains(page, "You earn") != (state == order.StatusCompleted) || strings.Contains(page, "Due") {
			t.Errorf("%s: the seller reads %s", state, page)
		}
	}
	if list := visit(newWorld().member(t), "/orders").Body.String(); strings.Count(list, `<s class="amount`) != 1 {
		t.Error("the list does not strike the amount of the one order that was cancelled")
	}
}
