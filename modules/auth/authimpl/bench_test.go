package authimpl

import (
	"testing"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
)

// It runs with every request of the product.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	w.ana()
	for name, q := range map[string]auth.AuthenticateRequest{
		"by access token": {AccessToken: w.logIn("ana").AccessToken},
		"by cookie":       {SessionToken: w.logInBrowser("ana").Token},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := w.Authenticate(apptest.Visitor(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
