package web

import (
	"net/http/httptest"
	"testing"
)

// V4.1.3, V15.3.4: nobody's word is taken for the client's address, unless a trusted proxy says it.
func TestTheClientsAddressIsWhatTrustedProxiesSay(t *testing.T) {
	for _, c := range []struct {
		name    string
		proxies []string
		peer    string
		header  string
		want    string
	}{
		{"without proxies the header is nothing", nil, "203.0.113.9:4000", "198.51.100.1", "203.0.113.9"},
		{"a stranger is not a proxy", []string{"10.0.0.0/8"}, "203.0.113.9:4000", "198.51.100.1", "203.0.113.9"},
		{"a private address is not trusted by itself", []string{"10.1.0.0/16"}, "192.168.0.4:4000", "198.51.100.1", "192.168.0.4"},
		{"a network of proxies is believed", []string{"10.0.0.0/8"}, "10.2.3.4:4000", "198.51.100.1", "198.51.100.1"},
		{"one address is believed", []string{"10.2.3.4"}, "10.2.3.4:4000", "198.51.100.1", "198.51.100.1"},
		{"one IPv6 address is believed", []string{"2001:db8::1"}, "[2001:db8::1]:4000", "198.51.100.1", "198.51.100.1"},
		{"what the client wrote before the proxy is not", []string{"10.0.0.0/8"}, "10.2.3.4:4000", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			extract, err := addressOf(c.proxies)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			r.Header.Set("X-Forwarded-For", c.header)
			if got := extract(r); got != c.want {
				t.Errorf("the address is %s, not %s", got, c.want)
			}
		})
	}
}
