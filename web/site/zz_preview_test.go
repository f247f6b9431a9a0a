package site_test

import (
	"flag"
	"net/http"
	"testing"
	"marketplace/platform/identity"
	"marketplace/modules/order"
)

var preview = flag.String("preview", "", "")

func TestPreview(t *testing.T) {
	if *preview == "" {
		t.Skip()
	}
	mux := http.NewServeMux()
	w := newWorld()
	in := open(t, w, ana())
	out := open(t, newWorld(), identity.Actor{})
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if s := q.Get("_state"); s != "" {
			w.state = order.Status(s)
		}
		if s := q.Get("_role"); s != "" { w.role = s }
		w.empty = q.Get("_empty") != ""
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'")
		if q.Get("_in") != "" || q.Get("_state") != "" {
			in.ServeHTTP(rw, r)
			return
		}
		out.ServeHTTP(rw, r)
	})
	t.Log(http.ListenAndServe(*preview, mux))
}
