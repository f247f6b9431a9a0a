package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Row W2: the OpenAPI document is made from the operations; this proves that it is a valid one and leaves nothing out.
func TestTheOpenAPIDocumentIsValidAndComplete(t *testing.T) {
	m := start(t, shapes()[0])
	raw := m.visitor(t).get("/openapi.json").ok(200).raw
	document, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("the document cannot be read: %v", err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Errorf("the document is not valid: %v", err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("the document is of version %s", document.OpenAPI)
	}
	documented := map[string]bool{}
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			documented[method+" "+path] = true
			if operation.Summary == "" || operation.OperationID == "" {
				t.Errorf("%s %s says nothing of itself", method, path)
			}
		}
	}
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range m.web.Routes() {
		if !isAPI(r) {
			continue
		}
		key := r.Method + " " + strings.TrimPrefix(parameter.ReplaceAllString(r.Path, "{$1}"), "/api/v1")
		if !documented[key] {
			t.Errorf("%s is not in the document", key)
		}
		delete(documented, key)
	}
	for key := range documented {
		t.Errorf("%s is in the document and not in the routes", key)
	}
	for _, wanted := range []string{
		"/auth/signup", "/auth/login", "/auth/refresh", "/auth/logout", "/auth/verify-email", "/me", "/me/seller", "/users/{username}", "/categories",
		"/gigs", "/gigs/{id}", "/gigs/{id}/publish", "/gigs/{id}/pause", "/orders", "/orders/{id}", "/orders/{id}/requirements", "/orders/{id}/deliveries",
		"/orders/{id}/revisions", "/orders/{id}/accept", "/orders/{id}/cancel", "/orders/{id}/reviews", "/gigs/{id}/reviews", "/conversations",
		"/conversations/{id}/messages", "/conversations/{id}/read", "/notifications", "/notifications/read", "/me/balance",
		"/payments/webhooks/{provider}", "/simulator/payments/{id}/succeed", "/simulator/payments/{id}/decline",
	} {
		if document.Paths.Find(wanted) == nil {
			t.Errorf("%s is missing", wanted)
		}
	}
}
