package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/platform/apptest"
)

// everyModule is what a marketplace is made of.
func everyModule() []string {
	return []string{"auth", "user", "gig", "order", "review", "chat", "notification", "web"}
}

// partitions are so many random ways to spread the modules over processes.
func partitions(t *testing.T, n int) (all []shape) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("partitions by the seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range n {
		parts := make([][]string, 2+random.IntN(4))
		for i, p := range random.Perm(len(everyModule())) {
			where := i // the first ones make sure that no part is empty
			if i >= len(parts) {
				where = random.IntN(len(parts))
			}
			parts[where] = append(parts[where], everyModule()[p])
		}
		names := make([]string, len(parts))
		for i, part := range parts {
			names[i] = strings.Join(part, "+")
		}
		all = append(all, shape{name: strings.Join(names, " "), database: postgres, broker: apptest.RabbitMQ, parts: parts})
	}
	return all
}

// unhurried lets few people do in seconds what many do in minutes. Their passwords are worth
// nothing: hashing them as others are hashed would be half of the work of all stories.
const unhurried = "auth: {password_hash_memory: 64, password_hash_time: 1}, chat: {messages_per_minute: 100000}, order: {unpaid_orders_per_buyer: 10000"

// layout is how a deployment is configured: one file a process, and one for a command that looks at all of it.
type layout struct {
	files []string
	whole string
	spare string // of a further gateway; empty where everything is in one process
}

// layout lays the shape out on free addresses, with empty databases.
func (s shape) layout(t testing.TB) (l layout) {
	t.Helper()
	parts := s.parts
	if len(parts) == 0 {
		parts = [][]string{{"all"}}
	}
	type process struct {
		modules                        []string
		private, public, internal, dir string
	}
	var processes []process
	at := map[string][]string{} // where each module is
	for _, part := range parts {
		dir := t.TempDir() // replicas share the files
		for range max(s.replicas, 1) {
			p := process{modules: part, private: freeAddress(t), public: freeAddress(t), internal: freeAddress(t), dir: dir}
			for _, module := range part {
				at[module] = append(at[module], "http://"+p.private)
			}
			processes = append(processes, p)
		}
	}
	gateway := slices.IndexFunc(processes, func(p process) bool { return p.modules[0] == "all" || slices.Contains(p.modules, "web") })
	common := fmt.Sprintf("public_url: \"http://%s\"\ndatabase: %q\nlog: {level: error}\nsecrets: {auth: %q, simulator: %q}\n",
		processes[gateway].public, s.database(t), strings.Repeat("a", 32), strings.Repeat("b", 32))
	if s.broker != nil {
		common += fmt.Sprintf("events: %q\n", s.broker(t))
	}
	settings := unhurried
	if len(parts) > 1 {
		settings += fmt.Sprintf(", webhook_url: \"http://%s/api/v1/payments/webhooks/simulator\"", processes[gateway].public)
	}
	common += "settings: {" + settings + "}}\nlive: {events_per_second: 100000, handshakes_per_minute: 100000}\n"
	for _, p := range processes {
		file := common + fmt.Sprintf("modules: [%s]\nlisten: %q\ninternal: %q\ndata: %q\n", strings.Join(p.modules, ", "), p.public, p.internal, p.dir)
		if len(parts) > 1 {
			file += fmt.Sprintf("rpc: {listen: %q, secrets: [\"a secret that only this test knows\"]}\n", p.private) + "remotes:\n"
		}
		for module, addresses := range at {
			if len(parts) > 1 && module != "web" && !slices.Contains(p.modules, module) {
				file += fmt.Sprintf("  %s: [\"%s\"]\n", module, strings.Join(addresses, `", "`))
			}
		}
		l.files = append(l.files, file)
	}
	if len(parts) > 1 {
		l.spare = common + fmt.Sprintf("modules: [web]\nlisten: %q\ninternal: %q\ndata: %q\n", freeAddress(t), freeAddress(t), t.TempDir()) +
			fmt.Sprintf("rpc: {listen: %q, secrets: [\"a secret that only this test knows\"]}\n", freeAddress(t)) + "remotes:\n"
		for module, addresses := range at {
			if module != "web" {
				l.spare += fmt.Sprintf("  %s: [\"%s\"]\n", module, strings.Join(addresses, `", "`))
			}
		}
	}
	l.whole = common + fmt.Sprintf("data: %q\n", processes[0].dir)
	return l
}
