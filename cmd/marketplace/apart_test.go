package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// everyModule is what a marketplace is made of.
func everyModule() []string {
	return []string{"auth", "user", "gig", "order", "review", "chat", "notification", "web"}
}

// startApart runs the modules in several processes, as a split deployment does: one configuration file a process, the
// broker between them.
func startApart(t testing.TB, s shape) *market {
	t.Helper()
	database, broker, public := s.database(t), s.broker(t), freeAddress(t)
	at := map[string]string{} // where each module is
	private := make([]string, len(s.parts))
	for i, part := range s.parts {
		private[i] = freeAddress(t)
		for _, module := range part {
			at[module] = private[i]
		}
	}
	m := newMarket()
	for i, part := range s.parts {
		file := fmt.Sprintf("modules: [%s]\nlisten: %q\npublic_url: \"http://%s\"\ninternal: %q\ndata: %q\ndatabase: %q\nevents: %q\n"+
			"rpc: {listen: %q, secrets: [\"a secret that only this test knows\"]}\nlog: {level: error}\n"+
			"secrets: {auth: \"%s\", simulator: \"%s\"}\nsettings: {order: {webhook_url: \"http://%s/api/v1/payments/webhooks/simulator\"}}\nremotes:\n",
			strings.Join(part, ", "), public, public, freeAddress(t), t.TempDir(), database, broker, private[i],
			strings.Repeat("a", 32), strings.Repeat("b", 32), public)
		for _, module := range everyModule() {
			if module != "web" && !slices.Contains(part, module) {
				file += fmt.Sprintf("  %s: [\"http://%s\"]\n", module, at[module])
			}
		}
		m.run(t, load(t, file, nil))
	}
	m.waitReady(t)
	return m
}
