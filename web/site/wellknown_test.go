package site_test

import (
	"context"
	"net/http"
	"testing"

	"marketplace/modules/auth"
	"marketplace/platform/identity"
)

func (a auths) ListKeys(context.Context, auth.ListKeysRequest) (auth.KeySet, error) {
	a.w.read("auths.ListKeys")
	return auth.KeySet{Issuer: "http://marketplace.test", Keys: []auth.Key{
		{Type: "OKP", Curve: "Ed25519", Use: "sig", Algorithm: "EdDSA", ID: "k1", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
	}}, nil
}

// RFC 7517, RFC 8037.
func TestEverybodyFindsTheKeysOfAccessTokens(t *testing.T) {
	page := visit(open(t, newWorld(), identity.Actor{}), "/.well-known/jwks.json")
	want := `{"issuer":"http://marketplace.test","keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	if page.Code != http.StatusOK || page.Body.String() != want || page.Header().Get("Content-Type") != "application/jwk-set+json" ||
		page.Header().Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("%d %v %s", page.Code, page.Header(), page.Body)
	}
}

func TestPasswordManagersFindWhereAPasswordIsChanged(t *testing.T) {
	page := visit(open(t, newWorld(), identity.Actor{}), "/.well-known/change-password")
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/settings/security" {
		t.Errorf("%d %v", page.Code, page.Header())
	}
}
