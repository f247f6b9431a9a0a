package apptest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestAStoppedServerIsAwayUntilItIsStartedAgainAndKeepsWhatItHasCommitted(t *testing.T) {
	c := NewCluster(t)
	address := c.URL(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE probe (id TEXT); INSERT INTO probe VALUES ('kept')"); err != nil {
		t.Fatal(err)
	}
	c.Stop(t)
	if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("the connection outlives the server")
	}
	if _, err := pgx.Connect(t.Context(), address); err == nil {
		t.Error("it answers although it was stopped")
	}
	c.Start(t)
	if conn, err = pgx.Connect(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	var id string
	if err := conn.QueryRow(t.Context(), "SELECT id FROM probe").Scan(&id); err != nil || id != "kept" {
		t.Errorf("it has %q, %v", id, err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
