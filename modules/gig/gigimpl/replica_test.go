package gigimpl

import (
	"context"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
)

// The replica is another database here, with a gig that the database itself does not have: so it shows who reads where.
func TestVisitorsSearchTheReplicaAndWhoeverIsSignedInTheDatabase(t *testing.T) {
	replica, primary := apptest.Postgres(t), apptest.Postgres(t)
	on := func(change func(*config.Config)) world {
		return start(t, func(m string, _ ...apptest.Option) *apptest.Harness {
			return apptest.Host(t, m, apptest.Config(change))
		})
	}
	on(func(c *config.Config) { c.Database = replica }).put(t, nil)
	w := on(func(c *config.Config) { c.Database, c.ReadFrom = primary, map[string]string{"gig": replica} })
	for who, ctx := range map[string]context.Context{"visitors": apptest.Visitor(), "sellers": seller()} {
		want := 0
		if who == "visitors" {
			want = 1
		}
		for _, q := range []gig.SearchRequest{{}, {Text: "logo", Category: "logo-design"}} {
			if found, err := w.Search(ctx, q); err != nil || found.Total != want {
				t.Errorf("%s find %d with %+v: %v", who, found.Total, q, err)
			}
		}
	}
	mine := w.put(t, nil)
	if found, err := w.Search(seller(), gig.SearchRequest{}); err != nil || len(found.Items) != 1 || found.Items[0].ID != mine.ID {
		t.Errorf("a seller does not see what was just published: %+v %v", found, err)
	}
}
