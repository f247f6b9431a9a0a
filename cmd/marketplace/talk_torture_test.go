//go:build torture

package main

import (
	"sync/atomic"
	"testing"
	"time"

	"marketplace/platform/apptest"
)

// Rows C2, C3, Z16: the connections are cut 100 times and each of two gateways is killed 10 times during 1,000 messages each
// way. Both hold the same 2,000 in the same order, and a third hears nothing.
func TestATalkSurvivesAHundredCutsAndTwentyKills(t *testing.T) {
	others := everyModule()[:len(everyModule())-1]
	f := newFleet(t, shape{database: postgres, broker: apptest.RabbitMQ, parts: [][]string{{"web"}, others}, replicas: 2})
	var gateways []*child
	for _, c := range f.children {
		if c.config(t).Hosts("web") {
			gateways = append(gateways, c)
		}
	}
	const each, kills = 1000, 20
	f.with("-talks").talkUnderFire(t, each, 50, append([]string{f.url}, f.others...), func(acknowledged *atomic.Int64) {
		for kill := range kills {
			for acknowledged.Load() < int64((kill+1)*2*each/(kills+1)) {
				if t.Failed() {
					return
				}
				<-time.After(time.Millisecond)
			}
			c := gateways[kill%len(gateways)]
			c.kill()
			if at := acknowledged.Load(); at == 2*each {
				t.Errorf("kill %d came after the talk", kill+1)
			}
			c.start(t)
			c.awaitReady(t)
		}
	})
}
